// Sends one message of each kind with @segment/analytics-node: ADDRESS WRITE_KEY
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/");
const { Analytics } = require("@segment/analytics-node");
const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host });
analytics.on("error", (error) => { console.error(error); process.exitCode = 1; });
analytics.identify({ userId: "u1", traits: { plan: "pro" } });
analytics.track({ userId: "u1", event: "Order Completed", properties: { order_id: "o1", revenue: 12.5, currency: "EUR" } });
analytics.page({ anonymousId: "a1", name: "Home" });
analytics.screen({ userId: "u1", name: "Basket" });
analytics.group({ userId: "u1", groupId: "g1" });
analytics.alias({ userId: "u1", previousId: "a1" });
await analytics.closeAndFlush();
