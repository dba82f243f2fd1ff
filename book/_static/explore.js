/* <loss-explore>: a figure under controls, every state of it drawn ahead. See lossbook/widgets/static.py. */
"use strict";

/* Name a picture, let the keyboard reach it while it scrolls, and tell whenever it has another width. */
function watchPicture(picture, told = () => {}) {
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", "the picture");
  new ResizeObserver(() => {
    told(picture.clientWidth);
    picture.tabIndex = picture.scrollWidth > picture.clientWidth ? 0 : -1;
  }).observe(picture);
}

customElements.define(
  "loss-explore",
  class extends HTMLElement {
    connectedCallback() {
      if (this.data) return;
      this.data = JSON.parse(this.querySelector("script").textContent);
      this.picture = this.querySelector(".picture");
      this.caption = this.querySelector("figcaption");
      this.inputs = [...this.querySelectorAll("input:not([type=radio]), select, [role=radiogroup]")];
      this.querySelector("form").addEventListener("input", () => this.show());
      this.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => this.play(button)));
      this.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
      this.width = this.picture.clientWidth;
      watchPicture(this.picture, (width) => {
        if (width === this.width) return;
        this.width = width;
        this.show();
      });
      this.show(); // a reloaded page may have kept where the controls stood
    }

    disconnectedCallback() {
      clearInterval(this.timer);
    }

    /* How many values a control has, and which of them is chosen. */
    static place(input) {
      if (input.type === "checkbox") return [2, Number(input.checked)];
      if (input.type === "range") return [Number(input.max) + 1, Number(input.value)];
      const options = [...(input.options ?? input.querySelectorAll("input"))]; // of a list, or a group of buttons
      return [options.length, options.findIndex((one) => one.selected || one.checked)];
    }

    /* The picture's tag; where two panels find no room side by side, one tag for each, that shows its part. */
    static panels(tag, room) {
      const [, width, height, least, split] =
        tag.match(/viewBox="0 0 (\S+) (\S+)" style="min-width:(\d+)px.*?" data-split="(\d+)"/)?.map(Number) ?? [];
      if (!split || room >= least) return [tag];
      const part = (from, to) =>
        tag.replace(
          /viewBox.*? data-split="\d+"/,
          `viewBox="${from} 0 ${to - from} ${height}" style="max-width:${Math.round(1.35 * (to - from))}px"`,
        );
      return [part(0, split), part(split, width)];
    }

    show() {
      let state = 0; // the last control runs fastest
      for (const input of this.inputs) {
        const [count, chosen] = this.constructor.place(input);
        state = state * count + chosen;
        if (input.type === "range") {
          const name = JSON.parse(input.dataset.names)[chosen];
          input.setAttribute("aria-valuetext", name);
          input.parentNode.querySelector("output").textContent = name;
        }
      }
      const { frames, pieces, open, opens, says } = this.data;
      const inside = frames[state].map((piece) => pieces[piece]).join("") + "</svg>";
      const other = inside.replace(/( id="| href="#|url\(#)/g, "$1other-"); // an id stands once on a page
      const tags = this.constructor.panels(opens[open[state]], this.width);
      this.picture.innerHTML = tags.map((tag, number) => tag + (number ? other : inside)).join("");
      const told = Object.assign(document.createElement("div"), { innerHTML: says[state] }).innerHTML;
      if (this.caption.innerHTML !== told) this.caption.innerHTML = told;
    }

    /* Step through the slider's values, from the start if it stands at the end; a second click stops. */
    play(button) {
      const input = this.querySelector("#" + CSS.escape(button.dataset.plays));
      const stop = () => {
        clearInterval(this.timer);
        this.timer = undefined;
        button.textContent = "play";
        this.caption.setAttribute("aria-live", "polite");
      };
      if (this.timer !== undefined) return stop();
      if (input.value === input.max) input.value = "0";
      button.textContent = "stop";
      this.caption.setAttribute("aria-live", "off"); // a film is not read aloud frame by frame
      this.show();
      this.timer = setInterval(() => {
        if (input.value === input.max) return stop();
        input.stepUp();
        this.show();
      }, 250);
    }
  },
);
