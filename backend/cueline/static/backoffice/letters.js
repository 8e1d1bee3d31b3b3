// Dead letters: a row of the list, and one to be read. Data only ever goes into text nodes.
import { coded, el, facts, head, moment, state, who } from "./rows.js";

export function letterRow(letter, open) {
  const row = el("li", "", head(nameOf(letter), [state("dead")], letter.at));
  row.append(facts([letter.eid === null ? null : who(letter), letter.error]));
  const button = el("button", "plain", "Read it");
  button.type = "button";
  button.addEventListener("click", () => open(letter));
  row.append(button);
  return row;
}

export function letterHead(letter) {
  return [el("h2", "", `Dead letter ${letter.id}`), el("p", "quiet", nameOf(letter))];
}

export function letterBody(letter) {
  const parts = [table(rows(letter))];
  if (letter.event) parts.push(el("h3", "", "Payload"), el("pre", "", JSON.stringify(letter.event.payload, null, 2)));
  for (const edit of letter.edits) parts.push(...editParts(edit));
  return [...parts, ...commands(letter)];
}

function nameOf(letter) {
  return letter.action ?? letter.type ?? "no event";
}

function rows(letter) {
  const where = `partition ${letter.partition}, entry ${letter.stream_id}`;
  const found = [["Error", letter.error], ["Died", moment(letter.at)], ["Where", where]];
  if (!letter.event) return [...found, ["Event", `none: ${letter.size} characters that are no entry of ours`]];
  const source = letter.event.source + (letter.event.verified ? ", verified" : "");
  return [...found, ["Type", letter.type], ["Event id", letter.eid], ["Who", who(letter)], ["Source", source],
    ["Happened", moment(letter.event.at)], ["Received", moment(letter.event.received_at)]];
}

function table(pairs) {
  const list = el("dl", "pairs");
  for (const [name, value] of pairs) list.append(el("dt", "", name), el("dd", "", value));
  return list;
}

function editParts(edit) {
  const changes = edit.changes.map((one) => el("li", "", `${one.field}: ${JSON.stringify(one.from)} → ${JSON.stringify(one.to)}`));
  return [el("h3", "", `Changed ${moment(edit.at)} by ${edit.by}`), el("ul", "outcome", ...changes)];
}

// The page only shows; what is done to a letter is done where it is written down who did it.
function commands(letter) {
  const possible = !letter.event ? ["discard"] : letter.event.source === "system" ? ["replay", "discard"] : ["edit", "replay", "discard"];
  const texts = { edit: "fixes it", replay: "puts it back into its stream", discard: "puts it away" };
  const lines = possible.map((name) => el("li", "", ...coded(`\`cueline dead-letters ${name} ${letter.id}\` ${texts[name]}`)));
  return [el("h3", "", "What can be done"), el("ul", "plain-list", ...lines)];
}
