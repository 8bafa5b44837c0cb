// Sends one message of each kind with @rudderstack/rudder-sdk-node: ADDRESS WRITE_KEY
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/");
const found = require("@rudderstack/rudder-sdk-node");
const Analytics = found.default ?? found;
const [dataPlaneUrl, writeKey] = process.argv.slice(2);
const errorHandler = (error) => { console.error(error); process.exitCode = 1; };
const client = new Analytics(writeKey, { dataPlaneUrl, flushInterval: 100, errorHandler });
client.identify({ userId: "u1", traits: { plan: "pro" } });
client.track({ userId: "u1", event: "Order Completed", properties: { order_id: "o1", revenue: 12.5, currency: "EUR" } });
client.page({ anonymousId: "a1", name: "Home" });
client.screen({ userId: "u1", name: "Basket" });
client.group({ userId: "u1", groupId: "g1" });
client.alias({ userId: "u1", previousId: "a1" });
await client.flush();
