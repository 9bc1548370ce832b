// The inbox: its parts know each other only through the page and these few events.

import "./wait-mark.js";
import "./quota-meter.js";
import "./acts.js";
import "./badge.js";
import "./composer.js";
import "./keys.js";
import "./large.js";
import "./read.js";
import * as live from "./live.js";
import * as pane from "./pane.js";
import { settle } from "./rows.js";

settle();
pane.start();
live.start();
