// A clerk's back office by way of the public SDK, unmodified, against the server that SERVER names.
//
//     SERVER=http://… EMAIL=… PASSWORD=… node backoffice.cjs
//
// prints what every call came to as one JSON object, in the order of the calls. It judges nothing: the test compares.
// The shop has the sales channel CHANNEL, which sells from the stock location LOCATION, and an item LAMP with 20 there.

"use strict"

const memory = (kept = new Map()) => ({
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
})
// A browser's window, as far as the SDK looks at it: its default storage of tokens is there.
globalThis.window = { localStorage: memory(), sessionStorage: memory(), location: { origin: process.env.SERVER }, btoa }

const Medusa = require("@medusajs/js-sdk").default
const { SERVER, EMAIL, PASSWORD, CHANNEL, LOCATION } = process.env
const told = {}

const note = (name, value) => {
  if (name in told) throw new Error(`${name} is told twice`)
  told[name] = value
}
const refusal = async (name, call) => {
  try {
    await call
    note(name, "not refused")
  } catch (error) {
    if (error.status === undefined) throw error
    note(name, error.status)
  }
}
const quantities = (level) => [level.stocked_quantity, level.reserved_quantity, level.available_quantity]
const statuses = (order) => [order.status, order.payment_status, order.fulfillment_status]
const items = (order, quantity) => order.items.map((line) => ({ id: line.id, quantity: quantity ?? line.quantity }))

async function signIn(sdk) {
  await refusal("orders before login", sdk.admin.order.list())
  await refusal("wrong password", sdk.auth.login("user", "emailpass", { email: EMAIL, password: "wrong" }))
  const token = await sdk.auth.login("user", "emailpass", { email: EMAIL, password: PASSWORD })
  note("token is kept", window.localStorage.getItem("medusa_auth_token") === token)
  const { token: fresh } = await sdk.auth.refresh()
  note("token is refreshed", window.localStorage.getItem("medusa_auth_token") === fresh)
}

async function locations(sdk) {
  const address = { address_1: "1 Quay", country_code: "us" }
  const { stock_location: made } = await sdk.admin.stockLocation.create({ name: "Annex", address })
  note("location created", [made.name, made.address.address_1, made.address.country_code])
  await sdk.admin.stockLocation.update(made.id, { name: "Annex, upstairs" })
  const { stock_location: read } = await sdk.admin.stockLocation.retrieve(made.id)
  note("location updated", [read.name, read.address.address_1])
  const { sales_channel: till } = await sdk.admin.salesChannel.create({ name: "Till", description: "At the door" })
  note("channel created", [till.name, till.description, till.is_disabled])
  await sdk.admin.salesChannel.update(till.id, { name: "Till 1", is_disabled: true })
  const { sales_channel: seen } = await sdk.admin.salesChannel.retrieve(till.id)
  note("channel updated", [seen.name, seen.description, seen.is_disabled])
  const { sales_channels, count } = await sdk.admin.salesChannel.list({ limit: 1 })
  note("channels listed", [sales_channels.length, count])
  const { stock_location: linked } = await sdk.admin.stockLocation.updateSalesChannels(made.id, { add: [till.id] })
  note("channel linked", linked.id === made.id)
  const { stock_locations } = await sdk.admin.stockLocation.list({ id: [made.id] })
  note("locations listed", stock_locations.map((each) => each.name))
  await refusal("no such location", sdk.admin.stockLocation.retrieve("sloc_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
  return made.id
}

async function stock(sdk, annex) {
  const { inventoryItem } = sdk.admin
  const { inventory_item: item } = await inventoryItem.create({
    sku: "MUG",
    title: "Mug",
    weight: 350,
    hs_code: "6912.00",
    location_levels: [{ location_id: LOCATION, stocked_quantity: 10 }],
  })
  note("item created", [item.sku, item.weight, item.stocked_quantity, item.location_levels.length])
  await refusal("sku twice", inventoryItem.create({ sku: "MUG" }))
  await inventoryItem.update(item.id, { title: "Mug, blue", metadata: { shelf: "B2" } })
  const { inventory_item: read } = await inventoryItem.retrieve(item.id, { fields: "*location_levels" })
  note("item updated", [read.title, read.metadata, read.requires_shipping])
  const { inventory_items, count } = await inventoryItem.list({ q: "mug", limit: 5, order: "sku" })
  note("items found", [inventory_items.map((each) => each.sku), count])
  const batch = await inventoryItem.batchInventoryItemLocationLevels(item.id, {
    create: [{ location_id: annex, stocked_quantity: 4 }],
    update: [{ location_id: LOCATION, stocked_quantity: 12 }],
  })
  note("levels changed together", [batch.created.length, batch.updated.length, batch.deleted.length])
  const { inventory_levels: levels } = await inventoryItem.listLevels(item.id, { location_id: [LOCATION] })
  note("levels listed", levels.map(quantities))
  const { inventory_item: counted } = await inventoryItem.updateLevel(item.id, annex, { stocked_quantity: 0 })
  note("level counted", counted.stocked_quantity)
  await refusal("count below zero", inventoryItem.updateLevel(item.id, annex, { stocked_quantity: -1 }))
  await refusal("level in use deleted", inventoryItem.deleteLevel(item.id, LOCATION))
  note("level deleted", (await inventoryItem.deleteLevel(item.id, annex)).deleted)
  return item.id
}

async function reservations(sdk, mug) {
  const { reservation: sets } = sdk.admin
  const wanted = { inventory_item_id: mug, location_id: LOCATION, quantity: 1, description: "set aside" }
  const { reservation } = await sets.create(wanted)
  note("reserved", [reservation.quantity, reservation.description, reservation.line_item_id])
  const { reservation: raised } = await sets.update(reservation.id, { quantity: 3 })
  note("reservation raised", [raised.quantity, raised.inventory_item.reserved_quantity])
  await refusal("reservation raised too far", sets.update(reservation.id, { quantity: 100000 }))
  await refusal("reserved too much", sets.create({ ...wanted, quantity: 100 }))
  const { reservations: listed } = await sets.list({ inventory_item_id: [mug] })
  note("reservations listed", listed.map((each) => each.id === reservation.id))
  const { reservation: read } = await sets.retrieve(reservation.id)
  note("reservation read", read.quantity)
  note("reservation deleted", (await sets.delete(reservation.id)).deleted)
  await refusal("no such reservation", sets.retrieve(reservation.id))
}

async function place(sdk) {
  const shipping_address = { first_name: "Ada", last_name: "Byron", city: "London", country_code: "gb" }
  const order = (number, payments = []) => ({
    sales_channel: CHANNEL,
    external_id: `SDK-${number}`,
    currency_code: "gbp",
    email: `ada.${number}@example.com`,
    shipping_address,
    items: [
      { sku: "LAMP", quantity: 2, unit_price: 12.5 },
      { sku: "MUG", quantity: 1, unit_price: 4 },
    ],
    shipping_methods: [{ name: "Standard", amount: 5 }],
    payments,
  })
  const orders = [order(1, [{ amount: 34, captured: 0 }]), order(2), order(3), order(4)]
  const { results, created } = await sdk.client.fetch("/admin/orders/batch", { method: "POST", body: { orders } })
  note("orders placed", created)
  return results.map((each) => each.id)
}

async function find(sdk, ids) {
  const { order } = sdk.admin
  const all = await order.list({ limit: 2, offset: 1, order: "-created_at", sales_channel_id: [CHANNEL] })
  note("orders listed", [all.orders.length, all.count, all.limit, all.offset])
  const found = async (query) => (await order.list(query)).orders.map((each) => each.external_id).sort()
  note("orders by status", await found({ status: ["pending"], payment_status: "authorized" }))
  note("orders by id", await found({ id: ids.slice(1, 3) }))
  note("orders by e-mail", await found({ q: "ada.3@example.com" }))
  note("orders since", await found({ created_at: { $gte: "2020-01-01T00:00:00Z", $lt: "2100-01-01" }, q: "SDK-4" }))
  const { orders } = await order.list({ id: ids[0], fields: "id,display_id,+summary,*items" })
  note("order with fields", [orders[0].items.length, orders[0].summary.current_order_total])
  const fields = "+payment_status,+fulfillment_status,*items,*fulfillments,*payment_collections.payments"
  const { order: read } = await order.retrieve(ids[0], { fields })
  note("order read", [...statuses(read), read.total, read.payment_collections[0].payments[0].amount])
  await refusal("no such order", order.retrieve("order_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
  await order.update(ids[0], {
    email: "lovelace@example.com",
    shipping_address: { city: "Paddington", postal_code: "W2" },
    billing_address: { first_name: "Ada", country_code: "fr" },
    metadata: { gift: true },
  })
  const { order: changed } = await order.retrieve(ids[0])
  const { shipping_address: to, billing_address: payer } = changed
  note("order updated", [changed.email, to.first_name, to.city, payer.country_code, changed.metadata])
  const abroad = { shipping_address: { country_code: "fr" } }
  await refusal("sent to another country", order.update(ids[0], abroad))
  return read
}

async function fulfil(sdk, read) {
  const { order } = sdk.admin
  const [lamp, mug] = items(read)
  const no_notification = true
  const { order: packed } = await order.createFulfillment(read.id, {
    items: [{ ...lamp, quantity: 1 }],
    location_id: LOCATION,
    shipping_option_id: read.shipping_methods[0].shipping_option_id,
    no_notification,
    metadata: { box: "S" },
  })
  note("packed", [...statuses(packed), packed.fulfillments[0].metadata, packed.items[0].detail.fulfilled_quantity])
  const tooMany = { items: [{ ...lamp, quantity: 5 }] }
  await refusal("packed too many", order.createFulfillment(read.id, tooMany))
  const { order: unpacked } = await order.cancelFulfillment(read.id, packed.fulfillments[0].id, { no_notification })
  note("unpacked", [...statuses(unpacked), unpacked.fulfillments[0].canceled_at !== null])
  const { order: again } = await order.createFulfillment(read.id, { items: [lamp, mug] }, { fields: "*fulfillments" })
  const parcel = again.fulfillments.find((each) => each.canceled_at === null).id
  const labels = [{ tracking_number: "1Z999", tracking_url: "https://example.com/1Z999", label_url: "https://example.com/l" }]
  const { order: shipped } = await order.createShipment(read.id, parcel, { items: [lamp, mug], labels, no_notification })
  note("shipped", [...statuses(shipped), shipped.fulfillments[1].labels[0].tracking_number])
  await refusal("shipped twice", order.createShipment(read.id, parcel, { items: [lamp, mug], labels: [] }))
  await refusal("unpacked after shipping", order.cancelFulfillment(read.id, parcel, {}))
  const { order: delivered } = await order.markAsDelivered(read.id, parcel)
  note("delivered", [...statuses(delivered), delivered.items[1].detail.delivered_quantity])
  await refusal("delivered twice", order.markAsDelivered(read.id, parcel))
  note("found by tracking number", (await order.list({ q: "1Z999" })).orders.map((each) => each.id === read.id))
}

async function close(sdk, ids) {
  const { order, payment } = sdk.admin
  const { order: completed } = await order.complete(ids[0], {})
  note("completed", completed.status)
  await refusal("completed twice", order.complete(ids[0], {}))
  const { order: archived } = await order.archive(ids[0])
  note("archived", archived.status)
  const { order: canceled } = await order.cancel(ids[1])
  note("canceled", [canceled.status, canceled.fulfillment_status, canceled.total])
  await refusal("canceled twice", order.cancel(ids[1]))
  const { payments, count } = await payment.list({ limit: 1 })
  note("payments listed", [payments[0].amount, payments[0].captures, count])
  note("payment read", (await payment.retrieve(payments[0].id)).payment.currency_code)
}

async function pay(sdk, order_id) {
  const { order, payment, paymentCollection, refundReason } = sdk.admin
  const { payment_providers } = await payment.listPaymentProviders()
  note("providers listed", payment_providers.some((each) => each.id === "manual" && each.is_enabled))
  const { payment_collection: promised } = await paymentCollection.create({ order_id, amount: 20 })
  note("collection created", [promised.status, promised.amount, promised.currency_code])
  await refusal("collected more than due", paymentCollection.create({ order_id, amount: 35 }))
  const post = (path, body) => sdk.client.fetch(path, { method: "POST", body })
  const begin = { provider_id: "manual" }
  const { payment_session } = await post(`/admin/payment-collections/${promised.id}/payment-sessions`, begin)
  const { payment_session: held } = await post(`/admin/payment-sessions/${payment_session.id}/authorize`, {})
  note("session authorized", [payment_session.status, held.status, held.payment.amount])
  const { payment: taken } = await payment.capture(held.payment.id, { amount: 15 })
  note("captured", [taken.captures.map((each) => each.amount), taken.captured_at])
  await refusal("captured too much", payment.capture(held.payment.id, { amount: 6 }))
  const { payment: rest } = await payment.capture(held.payment.id, {}, { fields: "*captures" })
  note("captured the rest", [rest.captures.map((each) => each.amount), rest.captured_at !== null])
  await refusal("refunded too much", payment.refund(held.payment.id, { amount: 20.01 }))
  const { refund_reasons } = await refundReason.list()
  const why = refund_reasons.find((each) => each.code === "goodwill").id
  const { payment: back } = await payment.refund(held.payment.id, { amount: 4, refund_reason_id: why, note: "Late" })
  note("refunded", back.refunds.map((each) => [each.amount, each.note, each.refund_reason.code]))
  const { payment_collection: mistaken } = await paymentCollection.create({ order_id, amount: 1 })
  note("collection deleted", (await paymentCollection.delete(mistaken.id)).deleted)
  const { payment_collection: due } = await paymentCollection.create({ order_id, amount: 14 })
  const { payment_collection: paid } = await paymentCollection.markAsPaid(due.id, { order_id })
  note("marked as paid", [paid.status, paid.payments[0].captures.map((each) => each.amount)])
  const { order: settled } = await order.retrieve(order_id)
  const { payment_collections, payment_status, summary } = settled
  note("order settled", [payment_status, summary.current_order_total, summary.pending_difference])
  note("its collections", payment_collections.map((each) => [each.status, each.captured_amount, each.refunded_amount]))
}

async function people(sdk) {
  const { customer } = sdk.admin
  const { customer: made } = await customer.create({ email: "grace@example.com", first_name: "Grace" })
  note("customer created", [made.email, made.first_name, made.has_account])
  await refusal("customer twice", customer.create({ email: "grace@example.com" }))
  await customer.update(made.id, { last_name: "Hopper", metadata: { club: true } })
  const { customer: read } = await customer.retrieve(made.id, { fields: "*addresses" })
  note("customer updated", [read.first_name, read.last_name, read.metadata])
  const { customers, count } = await customer.list({ q: "grace@example.com", order: "-created_at" })
  note("customers found", [customers.map((each) => each.id === made.id), count])
  await refusal("no such customer", customer.retrieve("cus_01ARZ3NDEKTSV4RRFFQ69G5FAV"))
}

// With tokens in the tab's storage: a client with a key would else find one in the usual place and send that instead.
async function keys(sdk) {
  const { apiKey } = sdk.admin
  await sdk.auth.login("user", "emailpass", { email: EMAIL, password: PASSWORD })
  const { api_key: made } = await apiKey.create({ title: "Storefront", type: "secret" })
  const program = new Medusa({ baseUrl: SERVER, apiKey: made.token })
  note("a key opens", (await program.admin.order.list({ limit: 1 })).limit)
  note("key updated", (await apiKey.update(made.id, { title: "Shop" })).api_key.title)
  const { api_key: read } = await apiKey.retrieve(made.id)
  note("key read", [read.title, read.token, read.type, made.token.startsWith(read.redacted.split("*")[0])])
  note("keys listed", (await apiKey.list({ q: "shop" })).api_keys.map((each) => each.title))
  note("key revoked", (await apiKey.revoke(made.id)).api_key.revoked_at !== null)
  note("key deleted", (await apiKey.delete(made.id)).deleted)
  await refusal("a key that is gone", new Medusa({ baseUrl: SERVER, apiKey: made.token }).admin.order.list())
}

// As a browser does it: cookies come and go by themselves, and it says that the page is of the server's own origin.
function keepCookies() {
  const jar = new Map()
  const plain = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init.headers)
    if (init.credentials !== "omit") {
      headers.set("sec-fetch-site", "same-origin")
      if (jar.size) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "))
    }
    const answer = await plain(input, { ...init, headers })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      jar.set(name, value)
      if (/max-age=0/i.test(line)) jar.delete(name)
    }
    return answer
  }
}

async function bySession(id) {
  const sdk = new Medusa({ baseUrl: SERVER, auth: { type: "session" } })
  await sdk.auth.login("user", "emailpass", { email: EMAIL, password: PASSWORD })
  note("session reads", (await sdk.admin.order.retrieve(id)).order.external_id)
  note("session writes", (await sdk.admin.order.cancel(id)).order.status)
  await sdk.auth.logout()
  await refusal("after the session's logout", sdk.admin.order.list())
}

async function byMemory() {
  const sdk = new Medusa({ baseUrl: SERVER, auth: { type: "jwt", jwtTokenStorageMethod: "memory" } })
  await sdk.auth.login("user", "emailpass", { email: EMAIL, password: PASSWORD })
  note("a token in memory", (await sdk.admin.order.list({ limit: 1 })).limit)
  const token = await sdk.client.getToken()
  await sdk.client.fetch("/auth/session", { method: "DELETE" })
  await refusal("an ended token", sdk.admin.order.list({}, { Authorization: `Bearer ${token}` }))
}

async function main() {
  keepCookies()
  const sdk = new Medusa({ baseUrl: SERVER, auth: { type: "jwt" } })
  await signIn(sdk)
  const annex = await locations(sdk)
  const mug = await stock(sdk, annex)
  await reservations(sdk, mug)
  const ids = await place(sdk)
  const read = await find(sdk, ids)
  await fulfil(sdk, read)
  await close(sdk, ids)
  await pay(sdk, ids[3])
  await people(sdk)
  await sdk.auth.logout()
  await keys(new Medusa({ baseUrl: SERVER, auth: { type: "jwt", jwtTokenStorageMethod: "session" } }))
  await refusal("orders after logout", sdk.admin.order.list())
  await bySession(ids[2])
  await byMemory()
}

main().then(
  () => process.stdout.write(`${JSON.stringify(told)}\n`),
  (error) => {
    process.stderr.write(`after ${JSON.stringify(Object.keys(told).at(-1))}: ${error.stack}\n`)
    process.exitCode = 1
  },
)
