using System.Numerics;

namespace Viaduct.Addressing;

/// <summary>
/// A set of the numbers 0 to size-1 that finds the next number outside of it in a few steps, however full it is: one bit for each
/// number, and above it levels with one bit for each full word of the level below. A million numbers take 133 kB.
/// </summary>
internal sealed class NumberSet
{
    private const int WordBits = 64;
    private readonly ulong[][] _levels;

    public NumberSet(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Size = size;
        var levels = new List<ulong[]>();
        var count = size;
        do
        {
            var words = new ulong[(count + WordBits - 1) / WordBits];
            // What lies behind the last number counts as taken, so that the last word can be full, too.
            if (count % WordBits != 0)
                words[^1] = ulong.MaxValue << (count % WordBits);
            levels.Add(words);
            count = words.Length;
        }
        while (count > 1);
        _levels = [.. levels];
    }

    public int Size { get; }

    public int Count { get; private set; }

    public bool Contains(int number) => (_levels[0][number / WordBits] >> (number % WordBits) & 1) != 0;

    /// <summary>False when it was in the set already.</summary>
    public bool Add(int number)
    {
        if (Contains(number))
            return false;
        Count++;
        foreach (var level in _levels)
        {
            ref var word = ref level[number / WordBits];
            word |= 1ul << (number % WordBits);
            if (word != ulong.MaxValue)
                break;
            number /= WordBits;
        }
        return true;
    }

    /// <summary>False when it was not in the set.</summary>
    public bool Remove(int number)
    {
        if (!Contains(number))
            return false;
        Count--;
        foreach (var level in _levels)
        {
            ref var word = ref level[number / WordBits];
            var wasFull = word == ulong.MaxValue;
            word &= ~(1ul << (number % WordBits));
            if (!wasFull)
                break;
            number /= WordBits;
        }
        return true;
    }

    /// <summary>The first number from <paramref name="from"/> on, and before <paramref name="to"/>, that is not in the set; null when all are.</summary>
    public int? NextMissing(int from, int to) => NextMissing(from) is { } number && number < to ? number : null;

    private int? NextMissing(int position)
    {
        for (var level = 0; level < _levels.Length; level++)
        {
            var word = position / WordBits;
            if (word >= _levels[level].Length)
                return null;
            var missing = ~_levels[level][word] & (ulong.MaxValue << (position % WordBits));
            if (missing != 0)
                return Descend(level, (word * WordBits) + BitOperations.TrailingZeroCount(missing));
            position = word + 1;
        }
        return null;
    }

    /// <summary>From a word that is not full down to a number.</summary>
    private int Descend(int level, int position)
    {
        while (level-- > 0)
            position = (position * WordBits) + BitOperations.TrailingZeroCount(~_levels[level][position]);
        return position;
    }
}
