"""Runs, searches, comparisons, and packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.project.faces.base import Face

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.project import attributing
    from slipway.project.attempts import Seen
    from slipway.project.attributing import Attribution
    from slipway.project.comparing import RunComparison
    from slipway.project.proving import Kind
    from slipway.project.searching import Found, Progress, SearchPlan
    from slipway.project.shelf import Shelf
    from slipway.project.slicing import ErrorAnalysis
    from slipway.records.model import Manifest
    from slipway.records.run import Level, Reported, Run
    from slipway.scoping.judge import Judgement


class Modeling(Face):
    """Runs, searches, comparisons, and packages."""

    def train(
        self,
        dataset: str | None = None,
        *,
        params: dict[str, Any] | None = None,
        seed: int | None = None,
        seeds: int = 1,
        name: str | None = None,
        timeout_s: float | None = None,
        search: str | None = None,
        told: Callable[[Reported], object] = lambda _: None,
    ) -> Run:
        """Train, compare with the baselines, find the worst slices, and package.

        Args:
            dataset: Name or id (or its beginning) of a version; None takes the newest.
            params: Hyperparameters instead of the scope's.
            seed: Instead of the scope's.
            seeds: With how many seeds in all to train; the model of the first is packaged, the others tell what is
                chance. What was trained once is kept.
            name: Name of the package; the project's if not given.
            timeout_s: The longest that one call of the training function may take; in the main thread only.
            search: The search that found the hyperparameters, to be kept with the run.
            told: Called with each report of a training function that takes ``report``.

        Raises:
            NotFound: No such dataset, or no training function.
            BadInput: The training function failed.
            DeadlineExceeded: It took longer than it may.
            Refused: The model cannot be packaged faithfully; the message says why.
        """
        from slipway.project import datasets, runs

        version = datasets.find(self._parts, dataset)
        wish = runs.Wish(params=params, seed=seed, seeds=seeds, name=name, timeout_s=timeout_s, search=search)
        return runs.train(self._parts, version=version, wish=wish, told=told, by=self._by)

    def search(
        self,
        dataset: str | None = None,
        *,
        plan: SearchPlan | None = None,
        told: Callable[[Progress], object] = lambda _: None,
    ) -> Found:
        """Search for hyperparameters on validation folds inside the rows to learn from.

        The rows held out are not looked at; train with what was found to look once: ``train(params=found.best.params,
        search=found.search)``. What was tried before counts and is not tried again.

        Args:
            dataset: Name or id (or its beginning) of a version; None takes the newest.
            plan: What it may cost, and how it measures; None takes the usual.
            told: Called with each trial that ended.

        Raises:
            BadInput: The scope names no space, or trials fail one like the other.
            MissingExtra: optuna is not installed.
        """
        from slipway.project import datasets
        from slipway.project.searching import SearchPlan, search

        version = datasets.find(self._parts, dataset)
        return search(self._parts, version=version, plan=plan or SearchPlan(), told=told, by=self._by)

    def runs(self) -> list[Run]:
        """Return all runs, oldest first."""
        from slipway.records.run import Run

        return [run for _, run, _ in self._parts.store.all(Run)]

    def attempts(self) -> list[Seen]:
        """Return every training, search and division that was begun, and what became of it; also of those killed."""
        from slipway.project.attempts import attempts

        return attempts(self._parts)

    def kind_of_run(self, run: str) -> Kind:
        """Tell what kind of run it was against the run before it, its hashes held against what is kept.

        Raises:
            Corrupt: Kept code or hyperparameters are not what the run's hashes name.
        """
        from slipway.project import runs
        from slipway.project.proving import kind_proven

        known = self.runs()
        found = runs.find(self._parts, run)
        place = [one.id for one in known].index(found.id)
        return kind_proven(self._parts, found, against=known[place - 1] if place else None)

    def judge_run(self, run: Run) -> tuple[Judgement, ...]:
        """Hold a run against baselines, target and kill rule, on the rows held out."""
        from slipway.project import runs

        return runs.judge(self._parts, run)

    def compare_runs(self, before: str, after: str) -> RunComparison:
        """Say what one run changed against another (code, hyperparameters, data), and what that brought."""
        from slipway.project.comparing import compare_runs

        return compare_runs(self._parts, before, after, by=self._by)

    def attribute_runs(
        self,
        before: str,
        after: str,
        *,
        seeds: int | None = None,
        told: Callable[[int, int], object] = lambda *_: None,
    ) -> Attribution:
        """Say how much of the change between two runs each of code, hyperparameters and data brought.

        Trains the models that combine what the two runs differ in (:mod:`slipway.modeling.attribution`); what was
        trained once is kept.

        Args:
            before: Id of the earlier run, or its beginning.
            after: Id of the later run.
            seeds: Seeds to train each combination with; None takes the usual number.
            told: Called with models trained and models to train as it goes.

        Raises:
            BadInput: Nothing differs, too few common rows are held out, or a combination cannot be trained.
        """
        from slipway.project import attributing

        return attributing.attribute(
            self._parts, before, after, seeds=seeds or attributing.SEEDS, by=self._by, told=told
        )

    def attribution_outlook(self, before: str, after: str, *, seeds: int | None = None) -> attributing.Outlook:
        """Say how many models :meth:`attribute_runs` would train, and about how long that takes."""
        from slipway.project import attributing

        return attributing.outlook(self._parts, before, after, seeds=seeds or attributing.SEEDS)

    def analyse_errors(
        self, run: str, *, depth: int | None = None, most: int | None = None, level: Level | None = None
    ) -> ErrorAnalysis:
        """Say where a run's model is wrong on the rows held out, and what to do next.

        Args:
            run: Its id, or the beginning of it.
            depth: The most conditions of a slice, 1 to 4; None takes the usual.
            most: The most slices to confirm; None takes the usual.
            level: What slices are held against: a person, the present system, or the rest of the rows; None takes the
                first of these that is known.
        """
        from slipway.project.slicing import DEPTH, MOST, analyse_errors

        return analyse_errors(self._parts, run, depth=depth or DEPTH, most=most or MOST, level=level, by=self._by)

    def package(self, estimator: Any, X: Any, y: Any, *, name: str) -> str:  # noqa: N803 - the field's own word
        """Package a fitted scikit-learn estimator and return the package id.

        Args:
            estimator: Fitted on the scope's fields in order.
            X: Rows it was not fitted on, with the scope's fields.
            y: Their truth.
            name: A checked word.

        Raises:
            Refused: The graph answers otherwise than the estimator; the message says where and why.
        """
        from slipway.project import packages

        return packages.package(self._parts, estimator, X, y, name=name, by=self._by)

    def packages(self) -> list[tuple[str, Manifest]]:
        """Return (package id, manifest), oldest first."""
        from slipway.records.model import Manifest

        return [(id_, manifest) for id_, manifest, _ in self._parts.store.all(Manifest)]

    @property
    def shelf(self) -> Shelf:
        """Packages taken in from elsewhere, signed, described and handed out."""
        from slipway.project.shelf import Shelf

        return Shelf(self._parts, by=self._by)
