namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>Goes through all ways that chance can take: each run asks for its choices in turn, and <see cref="MoveNext"/> prepares the next run.</summary>
internal sealed class Choices
{
    private readonly List<(uint Chosen, uint Count)> made = [];
    private int position;

    /// <summary>How likely the current way is.</summary>
    public double Probability => made.Aggregate(1.0, (product, choice) => product / choice.Count);

    /// <summary>One of <paramref name="count"/> numbers from 0.</summary>
    public uint Choose(uint count)
    {
        if (position == made.Count)
            made.Add((0, count));
        return made[position++].Chosen;
    }

    /// <summary>Whether there is a way that was not taken yet.</summary>
    public bool MoveNext()
    {
        position = 0;
        while (made.Count > 0)
        {
            var (chosen, count) = made[^1];
            if (chosen + 1 < count)
            {
                made[^1] = (chosen + 1, count);
                return true;
            }

            made.RemoveAt(made.Count - 1);
        }

        return false;
    }
}
