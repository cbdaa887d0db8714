"""Pure decisions: matching, merging, planning, guarding; `apply` is the one place that writes."""
