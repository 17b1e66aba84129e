// The phone on the page: it only calls the sandbox's own JSON, which everybody else may call as well.
"use strict";

const at = (id) => document.getElementById(id);
const screen_ = at("screen"), input = at("input");
const EVERY_MS = 1500;
const state = { phone: "", open: false, prompt: null, seen: 0, busy: false, home: true };

async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const data = await response.json();
  if (!response.ok) throw new Error(data.error || "That did not work.");
  return data;
}
const mine = (rest) => `/phones/${encodeURIComponent(state.phone)}${rest}`;
const kes = (amount) => Number(amount).toLocaleString("en-KE");
const clock = (iso) => new Date(iso).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function toast(text, bad = false) {
  const box = at("toast");
  box.textContent = text;
  box.className = bad ? "toast bad" : "toast";
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { box.hidden = true; }, 4500);
}
const trying = (work) => async (event) => {
  if (event) event.preventDefault();
  try { await work(event); } catch (error) { toast(error.message, true); }
};
function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// --- the screen and the keypad
function show(page, open) {
  state.open = open;
  state.home = false;
  screen_.className = "screen";
  screen_.textContent = page;
  screen_.scrollTop = 0;
  labels();
}
function home() {
  state.open = false;
  state.home = true;
  screen_.className = "screen home";
  screen_.replaceChildren(element("b", clock(new Date().toISOString())), document.createTextNode(`\n+${state.phone}\n\ndial ${input.dataset.code}`));
  labels();
}
function askForPin() {
  state.open = state.home = false;
  screen_.className = "screen prompted";
  screen_.textContent = state.prompt.text;
  input.value = "";
  labels();
  input.focus();
}
const asksForPin = () => state.prompt !== null && !state.open;
function labels() {
  const pin = asksForPin();
  at("soft-left").textContent = pin ? "Pay" : state.open ? "Send" : "Call";
  at("soft-right").textContent = pin ? "Decline" : state.home ? "Clear" : state.open ? "Hang up" : "Back";
  at("caret").textContent = pin ? "PIN:" : state.open ? "Answer:" : ">";
  input.type = pin ? "password" : "text";
}
async function answerPrompt(body) {
  const answer = await call("POST", mine(`/prompts/${state.prompt.id}`), body);
  toast(answer.paid ? "Paid." : answer.result, !answer.paid);
  await refresh();
}
async function turn(path, body) {
  if (state.busy) return;
  state.busy = true;
  screen_.classList.add("busy");
  try {
    const answer = await call("POST", mine(path), body);
    show(answer.page, answer.open);
  } finally {
    state.busy = false;
    screen_.classList.remove("busy");
  }
}
const press = trying(async () => {
  const typed = input.value;
  if (asksForPin()) { input.value = ""; if (typed) await answerPrompt({ pin: typed }); return; }
  if (!state.open && !typed) { input.value = input.dataset.code; return; }
  input.value = "";
  if (state.open) await turn("/type", { text: typed });
  else await turn("/dial", { code: typed });
  refresh();
});
const hangUp = trying(async () => {
  input.value = "";
  if (asksForPin()) return answerPrompt({ decline: true });
  if (state.open) await call("POST", mine("/hangup"));
  home();
});
function type(key) {
  input.value += key;
  const button = document.querySelector(`.keypad [data-key="${CSS.escape(key)}"]`);
  if (button) { button.classList.add("down"); setTimeout(() => button.classList.remove("down"), 110); }
}
function keyboard(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const elsewhere = event.target.matches("input, select, textarea") && event.target !== input;
  if (elsewhere) return;
  if (event.key === "Escape") return hangUp(event);
  if (event.key === "Enter" && !event.target.matches("button")) return press(event);
  if (event.target === input) return;
  if (/^[0-9*#]$/.test(event.key)) { event.preventDefault(); type(event.key); }
  if (event.key === "Backspace") input.value = input.value.slice(0, -1);
}

// --- messages, prompt, wallet
function showMessages(list) {
  const box = at("messages");
  if (list.length === state.seen && box.children.length) return;
  const rows = list.map((message) => {
    const out = message.direction === "out";
    const row = element("li", undefined, out ? "out" : "in");
    row.append(element("small", `${out ? "to " + message.to : message.from} · ${clock(message.at)}`), message.text);
    return row;
  });
  box.replaceChildren(...(rows.length ? rows : [element("li", "No messages yet.", "empty")]));
  box.scrollTop = box.scrollHeight;
  const fresh = list.length - state.seen;
  if (state.seen >= 0 && fresh > 0) { at("unread").textContent = `${fresh} new`; at("unread").hidden = false; at("envelope").hidden = false; }
  state.seen = list.length;
}
function read() { at("unread").hidden = true; at("envelope").hidden = true; }
function showPrompt(list) {
  const before = state.prompt && state.prompt.id;
  state.prompt = list[0] || null;
  const now = state.prompt && state.prompt.id;
  at("prompt-card").hidden = !now;
  if (now === before) return;
  at("pin").value = "";
  if (now) { at("prompt-text").textContent = state.prompt.text; if (!state.open) askForPin(); }
  else if (state.open) labels();
  else home();
}
function showWallet(wallet) {
  at("balance").textContent = `KES ${kes(wallet.balance)}`;
  at("entries").replaceChildren(...wallet.entries.map((entry) => {
    const row = element("tr"), what = element("td", words(entry));
    what.append(element("small", [entry.kind === "opening" ? "" : entry.note, entry.receipt].filter(Boolean).join(" · ")));
    const sign = entry.amount < 0 ? "−" : "+";
    row.append(element("td", clock(entry.at)), what, element("td", sign + kes(Math.abs(entry.amount)), `sum ${entry.amount < 0 ? "minus" : "plus"}`));
    return row;
  }));
}
function words(entry) {
  const known = { opening: "Opening balance", b2c: `Received from ${entry.other}`, stk: `Paid to ${entry.other}`, c2b: `Pay bill ${entry.other}` };
  return known[entry.kind] || entry.kind;
}
async function refresh() {
  if (!state.phone) return;
  try {
    const [messages, prompts, wallet, faults] = await Promise.all([
      call("GET", mine("/messages")), call("GET", mine("/prompts")), call("GET", mine("/wallet")), call("GET", "/faults")]);
    showMessages(messages); showPrompt(prompts); showWallet(wallet); showFaults(faults);
    at("network").textContent = "Sandbox";
  } catch { at("network").textContent = "No network"; }
}

// --- faults
function showFaults({ faults, known }) {
  at("ordered").replaceChildren(...faults.map((fault) => element("li", `${fault.target} ${fault.kind} × ${fault.count}`)));
  at("calm").hidden = faults.length === 0;
  if (at("target").options.length) return;
  at("target").replaceChildren(...Object.keys(known).map((target) => new Option(target)));
  const kinds = () => at("kind").replaceChildren(...known[at("target").value].flatMap(
    (kind) => kind === "status:<code>" ? ["status:403", "status:500"] : kind === "report:<status>" ? ["report:Failed"] : kind === "result:<code>" ? ["result:1", "result:26", "result:2001"] : [kind]
  ).map((kind) => new Option(kind.replaceAll("_", " "), kind)));
  at("target").addEventListener("change", kinds);
  kinds();
}
async function order(target, kind, count) {
  await call("POST", "/faults", { target, kind, count });
  toast(`Ordered: ${target}, ${kind.replaceAll("_", " ")}.`);
  refresh();
}

// --- which phone
async function use(number) {
  const digits = number.replace(/\D/g, "").replace(/^0/, "254");
  const wallet = await call("GET", `/phones/${digits}/wallet`);
  Object.assign(state, { phone: digits, seen: -1, prompt: null });
  at("number").value = wallet.msisdn;
  history.replaceState(null, "", `?phone=${digits}`);
  at("messages").replaceChildren();
  read();
  const now = await call("GET", mine(""));
  if (now.open) show(now.page, true); else home();
  await refresh();
  await listPhones();
  input.focus();
}
async function listPhones() {
  const phones = await call("GET", "/phones");
  at("known").replaceChildren(...phones.map((phone) => new Option(`KES ${kes(phone.balance)}`, phone.msisdn)));
  return phones;
}

document.addEventListener("keydown", keyboard);
document.querySelectorAll(".keypad .key").forEach((key) => key.addEventListener("click", () => type(key.dataset.key)));
document.querySelectorAll(".chip").forEach((chip) => chip.addEventListener("click", trying(() => order(chip.dataset.target, chip.dataset.kind, 1))));
at("call").addEventListener("click", press);
at("hangup").addEventListener("click", hangUp);
at("clear").addEventListener("click", () => { input.value = input.value.slice(0, -1); });
at("messages").addEventListener("click", read);
at("messages").addEventListener("focus", read);
at("who").addEventListener("submit", trying(() => use(at("number").value)));
at("text").addEventListener("submit", trying(async () => {
  await call("POST", mine("/messages"), { to: at("to").value, text: at("words").value });
  at("words").value = "";
  refresh();
}));
at("prompt").addEventListener("submit", trying(() => answerPrompt({ pin: at("pin").value })));
at("decline").addEventListener("click", trying(() => answerPrompt({ decline: true })));
at("pay").addEventListener("submit", trying(async () => {
  const paid = await call("POST", mine("/wallet/pay"), { to: at("bill").value, account: at("account").value, amount: Number(at("amount").value) });
  toast(`Paid. Receipt ${paid.receipt}.`);
  at("amount").value = "";
  refresh();
}));
at("fault").addEventListener("submit", trying(() => order(at("target").value, at("kind").value, Number(at("count").value))));
at("calm").addEventListener("click", trying(async () => { await call("DELETE", "/faults"); refresh(); }));
setInterval(() => { at("clock").textContent = clock(new Date().toISOString()); }, 1000);
at("clock").textContent = clock(new Date().toISOString());
setInterval(refresh, EVERY_MS);
trying(async () => {
  const phones = await listPhones();
  const asked = document.documentElement.dataset.phone || (phones[0] && phones[0].msisdn) || at("number").placeholder;
  await use(asked);
})();
