// Logs two messages through winston's transport; given: the upload address.
const winston = require("winston");
const { SumoLogic } = require("winston-sumologic-transport");
const transport = new SumoLogic({ url: process.argv[2], interval: 50, onError: (error) => { throw error; } });
const logger = winston.createLogger({ transports: [transport] });
logger.info("first", { n: 1 });
logger.error("second é");
setTimeout(() => process.exit(0), 1000); // its timer would keep it running
