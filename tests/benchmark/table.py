"""The table of a run, as Markdown and as data."""

def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def spread_text(spread):
    if spread is None:
        return "–"
    return f"{number(spread.median)} ({number(min(spread.rounds))}–{number(max(spread.rounds))})"


def side(subject, spread):
    return "–" if subject is None else f"{subject}: {spread_text(spread)}"


def line(*cells):
    return "| " + " | ".join(cells) + " |\n"


def comparison_lines(row):
    if row.failure is not None:
        yield line(row.title, "not measured: " + row.failure.replace("|", "/"), "", "", "", "no")
        return
    for comparison in row.comparisons:
        ours, peer, ratio, met = row.judged(comparison)
        goal = comparison.goal
        yield line(f"{row.title}: {comparison.figure}",
                   side(comparison.ours, ours),
                   side(comparison.peer, peer),
                   spread_text(ratio),
                   "reported" if goal is None else goal.text,
                   "" if met is None else "yes" if met else "**no**")


def markdown(rows, described, options):
    text = "# Benchmark\n\n"
    text += "".join(f"- {name}: {value}\n" for name, value in described.items())
    text += (f"\n{options.rounds} rounds, {options.seconds:g} s for each measurement. Figures are medians of"
             " the rounds (lowest–highest); a ratio\nis ours over the peer's in the same round, and its"
             " median decides.\n\n")
    text += line("row", "ours", "peer", "ratio", "goal", "met")
    text += line("---", "---", "---", "---", "---", "---")
    text += "".join(cells for row in rows for cells in comparison_lines(row))
    beside = "".join(
        line(f"{row.title}: {figure}", side(subject, row.spread(subject, figure)))
        for row in rows if row.failure is None
        for subject, figure in row.figures_beside())
    if beside:
        text += "\nMeasured on the way:\n\n" + line("row", "figure") + line("---", "---") + beside
    return text


def spread_data(spread, **subject):
    if spread is None:
        return None
    return subject | {"median": spread.median, "min": min(spread.rounds), "max": max(spread.rounds)}


def judged_data(row, comparison):
    ours, peer, ratio, met = row.judged(comparison)
    return {
        "figure": comparison.figure,
        "ours": spread_data(ours, subject=comparison.ours),
        "peer": spread_data(peer, subject=comparison.peer),
        "ratio": spread_data(ratio),
        "goal": None if comparison.goal is None else comparison.goal.text,
        "met": met,
    }


def raw(rows, described, options):
    return {
        "machine": described,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "rows": [{
            "name": row.name,
            "title": row.title,
            "failure": row.failure,
            "comparisons": [] if row.failure is not None else
                           [judged_data(row, comparison) for comparison in row.comparisons],
            "rounds": row.rounds,
        } for row in rows],
    }
