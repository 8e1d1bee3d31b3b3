// What the codes of the feed mean, in words. Unknown ones show as they are.
const STATUS = {
  held: "waits until this visitor logs in",
  expired: "nobody logged in within the hold time",
  dead: "could not be handled; see the dead letters",
};

const REASONS = {
  // of a refused event
  source_not_allowed: "this action is not taken from this source",
  too_many_hops: "campaigns that start each other went on for too long",
  // of a campaign that was not entered
  already_entered: "entered before",
  limit_reached: "entered as often as it may be",
  no_entry_key: "the payload lacks the field of the entry key",
  not_explained: "not looked into",
  too_old: "happened too long ago",
};

/** A code, maybe with more behind a colon, in words. */
export function reason(code) {
  if (!code) return "";
  const [name, ...more] = code.split(":");
  return [REASONS[name.trim()] ?? name, more.join(":").trim()].filter(Boolean).join(": ");
}

/** Why an event is where it is. */
export function eventReason(event) {
  return STATUS[event.status] ?? reason(event.reason);
}

const OPERATORS = {
  equals: "is not", not_equals: "is", greater_than: "is not more than", less_than: "is not less than",
  contains: "does not contain", is_defined: "is missing", is_not_defined: "is there",
};

/** What one campaign said to an event. */
export function verdict(match) {
  if (match.verdict === "entered") return `started ${match.campaign}`;
  if (!match.campaign) return `${match.count ?? "more"} further campaigns not entered`;
  return `${match.campaign} not entered: ${match.leaf ? condition(match.leaf) : reason(match.reason)}`;
}

function condition(leaf) {
  const words = OPERATORS[leaf.op] ?? leaf.op;
  const wanted = leaf.wanted === undefined || leaf.wanted === null ? "" : ` ${short(leaf.wanted)}`;
  const found = leaf.found === undefined || leaf.found === null ? "" : ` (it is ${short(leaf.found)})`;
  return `${leaf.path} ${words}${wanted}${found}`;
}

/** What one step of a run did. */
export function effect(step) {
  const told = EFFECTS[step.effect];
  const text = told ? told(step) : step.effect;
  return step.reason ? `${text} (${reason(step.reason)})` : text;
}

const EFFECTS = {
  points: (step) => `${step.amount > 0 ? "+" : ""}${step.amount} ${step.currency === "default" ? "points" : step.currency}`,
  tag: (step) => [...(step.add ?? []).map((tag) => `tag ${tag}`), ...(step.remove ?? []).map((tag) => `no tag ${tag}`)].join(", "),
  set: (step) => `${step.property} = ${short(step.value)}`,
  send: (step) => `mail ${step.template}`,
};

export function short(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
