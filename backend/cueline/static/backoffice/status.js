// Asks the feed again and again while somebody looks, and shows what has changed.
import { letterBody, letterHead, letterRow } from "./letters.js";
import { actionRow, entryRow, eventRow, mailRow, wrongRow } from "./rows.js";

const EVERY_MS = 700;
const SLOWEST_MS = 10_000;

const byId = (id) => document.getElementById(id);
const shown = new Map(); // list id -> Map(row key -> {json, node})
let etag = "";
let failures = 0;

const LISTS = {
  events: { key: (event) => event.id, row: eventRow },
  mails: { key: (mail) => mail.id, row: (mail) => mailRow(mail, openMail) },
  entries: { key: (entry) => entry.run_id, row: entryRow },
  actions: { key: (action) => action.name, row: actionRow },
  letters: { key: (letter) => letter.id, row: (letter) => letterRow(letter, openLetter) },
};

function showList(id, items) {
  const before = shown.get(id);
  const now = new Map();
  for (const item of items) now.set(LISTS[id].key(item), rowFor(id, item, before));
  place(byId(id), [...now.values()].map((row) => row.node));
  const empty = document.querySelector(`[data-empty="${id}"]`);
  if (empty) empty.hidden = items.length > 0;
  shown.set(id, now);
}

// Moves only what is not in its place, so that focus, frames and open rows stay.
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, at) => {
    if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
  });
}

function rowFor(id, item, before) {
  const json = JSON.stringify(item);
  const old = before?.get(LISTS[id].key(item));
  if (old?.json === json) return old;
  const node = LISTS[id].row(item);
  const frames = [old?.node, node].map((row) => row?.querySelector("iframe"));
  if (frames.every(Boolean)) return { json, node: refilled(old.node, node, frames[0]) };
  const isOpen = old?.node.querySelector("details")?.open;
  if (isOpen) node.querySelector("details").open = true;
  if (before && !frames[0]) node.classList.add("new");
  return { json, node };
}

// A frame that leaves the page, be it for a moment, loads anew and flickers: what stands around it changes instead.
function refilled(row, next, frame) {
  for (const child of [...row.childNodes]) if (child !== frame) child.remove();
  next.querySelector("iframe").remove();
  frame.before(...next.childNodes);
  return row;
}

// The newest mail that has been written is shown without a click.
function withNewest(mails) {
  const newest = mails.find((mail) => mail.subject);
  return mails.map((mail) => (mail === newest ? { ...mail, isNewest: true } : mail));
}

function showHealth(health) {
  const text = health.wrong.some((one) => one.level === "fail") ? "Something is wrong"
    : health.wrong.length ? "Running, with something to look at" : "Everything is running";
  sayHealth(health.redis ? `${text} · ${backlogOf(health)}` : text, health.wrong);
}

function backlogOf({ backlog }) {
  if (!backlog) return "nothing waits";
  return backlog === 1 ? "1 event waits" : `${backlog} events wait`;
}

function sayHealth(text, wrong) {
  const line = byId("health");
  const isBad = wrong.some((one) => one.level === "fail");
  line.classList.toggle("bad", isBad);
  line.classList.toggle("warn", !isBad && wrong.length > 0);
  line.classList.toggle("good", wrong.length === 0);
  if (byId("health-text").textContent !== text) byId("health-text").textContent = text;
  byId("wrong").hidden = wrong.length === 0;
  byId("wrong").replaceChildren(...wrong.map(wrongRow));
}

// Once for all of them: the same in each row would be noise.
function showKept(mails) {
  const kept = mails.find((mail) => mail.state === "kept");
  byId("kept").hidden = !kept;
  if (kept) byId("kept-why").textContent = kept.why;
}

function show(feed) {
  showHealth(feed.health);
  if (!feed.events) return;
  feed.mails = withNewest(feed.mails);
  for (const id of Object.keys(LISTS)) showList(id, feed[id]);
  showKept(feed.mails);
  byId("welcome").hidden = feed.events.length > 0;
  byId("dead").hidden = feed.letters.length === 0;
}

async function ask() {
  const answer = await fetch("/status/feed", { cache: "no-store", headers: etag ? { "If-None-Match": etag } : {} }).catch(() => {
    throw new Error("The server does not answer. This page goes on asking.");
  });
  if (answer.status === 304) return;
  if (answer.status === 401) return location.reload();
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).message ?? `The server answers ${answer.status}.`);
  show(await answer.json());
  etag = answer.headers.get("ETag") ?? "";
}

async function turn() {
  try {
    await ask();
    if (failures) etag = "";
    failures = 0;
  } catch (error) {
    failures += 1;
    sayHealth("Not live", [{ level: "fail", found: error.message, advice: "" }]);
    etag = "";
  }
  setTimeout(next, Math.min(EVERY_MS * 2 ** failures, SLOWEST_MS));
}

// A hidden page asks nothing; it goes on where it is looked at again.
function next() {
  if (!document.hidden) return void turn();
  document.addEventListener("visibilitychange", next, { once: true });
}

function openMail(mail) {
  byId("mail-subject").textContent = mail.subject;
  byId("mail-to").textContent = `to ${mail.to ?? `user ${mail.user_ext_id}`} · ${mail.state}`;
  byId("mail-frame").src = `/status/mails/${mail.id}`;
  byId("mail").showModal();
}

async function openLetter(letter) {
  byId("letter-head").replaceChildren(...letterHead(letter));
  byId("letter-body").replaceChildren("Asking…");
  byId("letter").showModal();
  const answer = await fetch(`/status/dead-letters/${letter.id}`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return byId("letter-body").replaceChildren("It could not be read. Close this and try again.");
  byId("letter-body").replaceChildren(...letterBody(await answer.json()));
}

byId("mail").addEventListener("close", () => { byId("mail-frame").src = "about:blank"; });
next();
