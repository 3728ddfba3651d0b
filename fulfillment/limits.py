"""A fulfillment belongs to the location where it was packed and to the channel of its order."""

from fulfillment.models import Fulfillment, FulfillmentLine, Parcel
from oms.web.limits import by, limit, limit_as

limit(Fulfillment, channel=by("order__channel_id"), location=by("location_id"))
limit_as(FulfillmentLine, Fulfillment, through="fulfillment")
limit_as(Parcel, Fulfillment, through="fulfillment")
