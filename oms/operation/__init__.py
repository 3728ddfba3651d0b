"""What operators look at: probes, metrics, log lines of requests and tasks, the doctor. Nothing imports it."""
