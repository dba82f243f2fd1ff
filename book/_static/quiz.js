/* <loss-quiz>: guess the cause of a run. See lossbook/widgets/quiz.py. The score is kept in the page. */
"use strict";

customElements.define(
  "loss-quiz",
  class extends HTMLElement {
    connectedCallback() {
      if (this.data) return;
      this.data = JSON.parse(this.querySelector("script").textContent);
      this.points = this.most = this.asked = 0;
      this.missed = new Map(); // key of a run -> its question
      this.replaceChildren();
      const form = this.add("form", "chosen");
      form.addEventListener("submit", (event) => event.preventDefault());
      this.level = this.list(form, "level", this.data.levels);
      this.symptom = this.list(form, "symptom", [...new Set(this.data.questions.map((one) => one.symptom))].sort());
      this.head = this.add("p", "head");
      this.picture = this.add("div", "picture");
      watchPicture(this.picture); // of explore.js
      this.log = this.add("ul");
      this.choices = this.add("div", "choices");
      this.choices.setAttribute("role", "group");
      this.choices.setAttribute("aria-label", "What is the cause?");
      this.told = this.add("div", "told");
      this.told.setAttribute("aria-live", "polite");
      const foot = this.add("p", "foot");
      this.button(foot, "next run", () => this.ask(this.place + 1));
      this.score = this.add("output", "", foot);
      this.list_of_missed = this.add("details", "missed");
      this.list_of_missed.hidden = true;
      this.ask(0);
    }

    add(tag, name, parent = this, text = "") {
      const made = parent.appendChild(document.createElement(tag));
      if (name) made.className = name;
      made.textContent = text;
      return made;
    }

    button(parent, text, act) {
      const made = this.add("button", "", parent, text);
      made.type = "button";
      made.addEventListener("click", act);
      return made;
    }

    /* A list from which the runs are chosen; its first entry leaves them all. */
    list(parent, name, values) {
      const label = this.add("label", "", parent, `${name} `);
      const made = this.add("select", "", label);
      ["all", ...values].forEach((value) => (this.add("option", "", made, value).value = value));
      made.addEventListener("input", () => this.ask(0));
      return made;
    }

    get questions() {
      const fits = (list, value) => list.value === "all" || list.value === value;
      return this.data.questions.filter((one) => fits(this.level, one.level) && fits(this.symptom, one.symptom));
    }

    ask(place) {
      const questions = this.questions;
      this.choices.replaceChildren();
      this.told.replaceChildren();
      this.log.replaceChildren();
      this.picture.replaceChildren();
      this.one = questions[(this.place = questions.length ? place % questions.length : 0)];
      if (!this.one) {
        this.head.textContent = "No run has this level and this symptom. Choose another one.";
        return;
      }
      this.left = this.data.points;
      this.head.textContent = `Run ${this.place + 1} of ${questions.length} (${this.one.level}): what is the cause?`;
      this.picture.innerHTML = this.one.picture;
      this.one.readings.forEach((line) => this.add("li", "", this.log, line));
      this.one.choices.forEach((title, index) => {
        const row = this.add("div", "", this.choices);
        this.button(row, title, () => this.choose(index));
        if (this.one.tests[index]) this.button(row, "test it (−1)", (event) => this.test(index, event.target)).className = "test";
      });
    }

    /* What the decisive test of one suspect sees; it costs a point. */
    test(index, button) {
      this.left -= 1;
      button.replaceWith(this.add("p", "reading", button.parentNode, this.one.tests[index]));
    }

    choose(index) {
      if (this.told.hasChildNodes()) return; // answered already
      const { key, answer, choices, explained } = this.one;
      const right = index === answer;
      this.asked += 1;
      this.most += this.data.points;
      this.points += right ? Math.max(this.left, 0) : 0;
      right ? this.missed.delete(key) : this.missed.set(key, this.one);
      const chosen = (place) => this.choices.children[place].firstChild.classList;
      chosen(index).add(right ? "right" : "wrong");
      chosen(answer).add("right");
      this.choices.querySelectorAll(".test").forEach((button) => button.remove());
      this.add("strong", "", this.told, right ? "Right." : "No.");
      explained.forEach((line) => this.add("p", "", this.told, line));
      this.link(this.add("p", "", this.told), this.one);
      this.score.textContent = `${this.points} of ${this.most} points in ${this.asked} ${this.asked === 1 ? "run" : "runs"}`;
      this.list_of_missed.hidden = !this.missed.size;
      this.list_of_missed.replaceChildren();
      this.add("summary", "", this.list_of_missed, `missed so far: ${this.missed.size}`);
      const list = this.add("ul", "", this.list_of_missed);
      this.missed.forEach((one) => this.link(this.add("li", "", list, `${one.symptom}: ${one.choices[one.answer]} `), one));
    }

    link(parent, one) {
      if (one.case) this.add("a", "", parent, "its case file").href = one.case;
    }
  },
);
