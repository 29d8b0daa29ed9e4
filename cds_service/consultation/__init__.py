"""The one pipeline behind every door: question, chart, bill, rules, evaluation."""
