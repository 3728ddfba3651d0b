from payments.fakegateway.running import main

main()
