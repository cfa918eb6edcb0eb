const PRONOUNS = "it|there|this|that|these|those|what|nothing|everything|all|one|each|none|some|somebody|nobody|who|which|here";
const VERBS = "needs?|takes?|is|are|has|have|does|do|gives?|can|cannot|expects?|works?|reads?|may|must|comes?|stands?|ends?|makes?|counts?|lists?|runs?";
/** A word of the language that begins a sentence: `count_distinct needs a field`, `json(...)`, `field1.name`. */
const NAME = new RegExp(`^([\\w.%"'\`-]*[\\d_.("'\`%:]|(?!(${PRONOUNS})\\b)[a-z]\\w*\\s+(${VERBS})\\b)`);

/** A sentence with its capital. Problems are sentences without one, as a terminal prints them; a name that begins one stays as it is. */
export const capital = (text: string) => (NAME.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1));
