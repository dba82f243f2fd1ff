/* <loss-quiz>: guess the cause of a broken run. See lossbook/widgets/quiz.py. The score is kept in the page. */
"use strict";

customElements.define(
  "loss-quiz",
  class extends HTMLElement {
    connectedCallback() {
      if (this.questions) return;
      this.questions = JSON.parse(this.querySelector("script").textContent);
      this.place = 0;
      this.right = 0;
      this.asked = 0;
      this.replaceChildren();
      const add = (tag, name, parent = this) => {
        const made = document.createElement(tag);
        if (name) made.className = name;
        return parent.appendChild(made);
      };
      this.head = add("p", "head");
      this.picture = add("div", "picture");
      watchPicture(this.picture); // of explore.js
      this.log = add("ul");
      this.choices = add("div", "choices");
      this.choices.setAttribute("role", "group");
      this.choices.setAttribute("aria-label", "What is the cause?");
      this.told = add("div", "told");
      this.told.setAttribute("aria-live", "polite");
      const foot = add("p", "foot");
      this.next = add("button", "", foot);
      this.next.type = "button";
      this.next.textContent = "next question";
      this.next.addEventListener("click", () => this.ask((this.place + 1) % this.questions.length));
      this.score = add("output", "", foot);
      this.add = add;
      this.ask(0);
    }

    ask(place) {
      this.place = place;
      const { picture, readings, choices } = this.questions[place];
      this.head.textContent = `Run ${place + 1} of ${this.questions.length}: what is the cause?`;
      this.picture.innerHTML = picture;
      this.log.replaceChildren();
      readings.forEach((line) => (this.add("li", "", this.log).textContent = line));
      this.choices.replaceChildren();
      this.told.replaceChildren();
      choices.forEach((title, index) => {
        const button = this.add("button", "", this.choices);
        button.type = "button";
        button.textContent = title;
        button.addEventListener("click", () => this.choose(index));
      });
    }

    choose(index) {
      if (this.told.hasChildNodes()) return; // answered already
      const { answer, explained } = this.questions[this.place];
      this.asked += 1;
      this.right += Number(index === answer);
      this.choices.children[index].classList.add(index === answer ? "right" : "wrong");
      this.choices.children[answer].classList.add("right");
      this.add("strong", "", this.told).textContent = index === answer ? "Right." : "No.";
      explained.forEach((line) => (this.add("p", "", this.told).textContent = line));
      this.score.textContent = `${this.right} of ${this.asked} right`;
    }
  },
);
