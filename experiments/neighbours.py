"""Nearest neighbours by brute force: exact, in chunks, on any device."""

import torch
from torch import Tensor

DISTANCES = 10_000_000  # at once: 40 MB


def nearest(queries: Tensor, points: Tensor, count: int, *, others: bool = False) -> Tensor:
    """Indices (B, count) of the nearest points by Euclidean distance, the nearest first.

    Args:
        queries: (B, D). points: (N, D).
        others: queries are the points themselves, and none is its own neighbour.
    """
    centre = points.mean(0)  # small numbers lose less in a² − 2ab + b²
    queries, points = queries - centre, points - centre
    squares = torch.linalg.vector_norm(points, dim=1).square()
    found, most = [], max(1, DISTANCES // len(points))
    for start, part in zip(range(0, len(queries), most), torch.split(queries, most), strict=True):
        scores = squares - 2 * part @ points.T  # squared distance less the query's own square
        if others:
            rows = torch.arange(len(part), device=part.device)
            scores[rows, rows + start] = torch.inf
        found.append(scores.topk(count, largest=False).indices)
    return torch.cat(found)


def directions(vectors: Tensor, centre: Tensor) -> Tensor:
    """Vectors (B, D) from the centre, of length one: between them the Euclidean order is that of the cosine."""
    return torch.nn.functional.normalize(vectors - centre)
