// One row of each list. Data only ever goes into text nodes.
import { effect, eventReason, short, verdict } from "./words.js";

export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function eventRow(event) {
  const name = event.action ?? event.verb ?? event.type;
  const row = el("li", event.source, head(name, isOwnOutcome(event) ? [] : [state(event.status)], event.at));
  row.append(facts([who(event), event.type === name || event.action ? null : event.type, event.source, eventReason(event)]));
  if (event.matches.length) row.append(el("ul", "outcome", ...event.matches.map(outcome)));
  row.append(details(event));
  return row;
}

// That no campaign waits for it says nothing about it.
function isOwnOutcome(event) {
  return event.source === "system" && event.status === "unmatched";
}

export function mailRow(mail, open) {
  const row = el("li", "", head(mail.subject ?? mail.template, [state(mail.state)], mail.created_at));
  row.append(facts([mail.to ?? `user ${mail.user_ext_id}`, mail.campaign, mail.state === "kept" ? null : mail.why]));
  if (mail.subject) row.append(openButton(mail, open));
  if (mail.isNewest) row.append(frameOf(mail));
  return row;
}

// The same sandbox as the dialog's.
function frameOf(mail) {
  const frame = el("iframe", "preview");
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.referrerPolicy = "no-referrer";
  frame.title = `The newest mail: ${mail.subject}`;
  frame.src = `/status/mails/${mail.id}`;
  return frame;
}

export function entryRow(entry) {
  const row = el("li", "", head(entry.campaign, [], entry.at));
  row.append(facts([`user ${entry.user_ext_id}`, entry.event_action ? `by ${entry.event_action}` : null, `version ${entry.version}`]));
  row.append(el("ul", "outcome", ...entry.steps.map((step) => el("li", "", effect(step)))));
  return row;
}

export function actionRow(action) {
  const row = el("li", "", head(action.name, [el("span", "chip", `${action.count}×`)], action.last_seen_at));
  const fields = Object.entries(action.fields).map(([path, types]) => `${path}: ${types.join(" or ")}`);
  if (fields.length) row.append(el("div", "types", fields.join(", ")));
  const notes = [action.sources ? `only from ${action.sources.join(", ")}` : null, action.secret.length ? `secret: ${action.secret.join(", ")}` : null];
  row.append(facts([...notes, `first seen ${moment(action.first_seen_at)}`]));
  return row;
}

// One thing that is wrong: what, and below it what to do.
export function wrongRow(one) {
  const row = el("li", one.level, el("span", "what", ...coded(sentence(one.found))));
  if (one.advice) row.append(el("span", "todo", ...coded(one.advice)));
  return row;
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

export function head(name, chips, at) {
  return el("div", "head", el("span", "title", el("span", "name", name), " ", ...chips), timeOf(at));
}

export function state(word) {
  return el("span", `chip ${word}`, word);
}

/** A sentence whose `commands` stand in backticks. */
export function coded(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("code", "", part) : part));
}

function timeOf(at) {
  const node = el("time", "time", moment(at));
  node.dateTime = at;
  node.title = at;
  return node;
}

export function moment(at) {
  const when = new Date(at);
  const today = when.toDateString() === new Date().toDateString();
  return today ? when.toLocaleTimeString() : when.toLocaleString();
}

export function facts(texts) {
  return el("div", "facts", ...texts.filter(Boolean).map((text) => el("span", "", ...coded(text))));
}

export function who(event) {
  if (event.user_ext_id !== null) return `user ${event.user_ext_id}`;
  return event.visitor_id === null ? "nobody" : `visitor ${event.visitor_id.slice(0, 8)}`;
}

function outcome(match) {
  return el("li", match.verdict === "entered" ? "" : "no", verdict(match));
}

// Said elsewhere in the row, or of no use to the eye; all of it stands in the details.
const UNTOLD = new Set(["client_action", "delivery_id"]);

function preview(event) {
  const { properties, ...payload } = event.payload;
  const known = properties !== null && typeof properties === "object" ? { ...payload, ...properties } : event.payload;
  const told = Object.entries(known).filter(([key]) => !UNTOLD.has(key)).map(([key, value]) => `${key} ${short(value)}`);
  return told.join(", ") || (event.context.url ? `on ${event.context.url}` : "no payload");
}

function details(event) {
  const all = { payload: event.payload, link: event.link, context: event.context, eid: event.eid, visitor_id: event.visitor_id, received_at: event.received_at, decided_at: event.decided_at, id: event.id };
  const text = JSON.stringify(all, (_, value) => value ?? undefined, 2);
  return el("details", "", el("summary", "", short(preview(event))), el("pre", "", text));
}

function openButton(mail, open) {
  const button = el("button", "plain", mail.isNewest ? "Show it larger" : "Show the mail");
  button.type = "button";
  button.addEventListener("click", () => open(mail));
  return button;
}
