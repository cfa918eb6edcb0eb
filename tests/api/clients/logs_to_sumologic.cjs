// Sends two records by logs-to-sumologic; given: the upload address.
const client = require("logs-to-sumologic").createClient({
  url: process.argv[2],
  name: "n",
  host: "h",
  category: "c/d",
});
client.log([{ at: "2026-11-24T10:00:00Z", n: 1 }, { at: "2026-11-24T10:00:01Z", n: 2 }], (error) => {
  if (error) throw error;
  client.log("2026-11-24T10:00:02Z plain", (failure) => {
    if (failure) throw failure;
  });
});
