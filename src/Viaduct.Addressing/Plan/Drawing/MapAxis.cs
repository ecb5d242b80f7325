using System.Net;

namespace Viaduct.Addressing;

/// <summary>
/// Maps addresses to columns. Address space is mostly empty, so the axis is cut wherever a range begins or ends: each piece is as wide as its
/// size has digits, and what no range covers is a small gap. Ranges keep their order, and what is nested looks nested.
/// </summary>
internal sealed class MapAxis
{
    private const int Gap = 3;
    private readonly List<(UInt128 Start, bool IsCovered, int Column)> _pieces = [];

    public MapAxis(IReadOnlyCollection<IPNetwork> blocks, int width)
    {
        var cuts = blocks.SelectMany(b => new[] { b.First(), End(b) }).Distinct().Order().ToList();
        var sizes = cuts.Zip(cuts.Skip(1), (start, end) => (Start: start, Bits: BitsOf(end - start), IsCovered: blocks.Any(b => b.First() <= start && start <= b.Last()))).ToList();
        var (covered, gaps) = (sizes.Count(s => s.IsCovered), sizes.Count(s => !s.IsCovered));
        var least = (covered * 3) + (gaps * Gap) <= width ? 3 : 1;
        var gap = least == 3 ? Gap : 1;
        var spare = Math.Max(0, width - (covered * least) - (gaps * gap));
        var bits = Math.Max(1, sizes.Where(s => s.IsCovered).Sum(s => s.Bits));
        foreach (var size in sizes)
        {
            _pieces.Add((size.Start, size.IsCovered, Width));
            Width += size.IsCovered ? least + (spare * size.Bits / bits) : gap;
        }
    }

    /// <summary>How many columns the axis has.</summary>
    public int Width { get; private set; }

    /// <summary>The first column of the range, and the one behind its last.</summary>
    public (int From, int To) Columns(IPNetwork block) => (ColumnOf(block.First()), ColumnOf(End(block)));

    /// <summary>Columns of gaps, for dots.</summary>
    public IEnumerable<int> Gaps => _pieces.Where(p => !p.IsCovered).Select(p => p.Column);

    /// <summary>Where a group of ranges begins after a gap.</summary>
    public IEnumerable<(UInt128 Start, int Column)> Groups =>
        _pieces.Where((p, i) => p.IsCovered && (i == 0 || !_pieces[i - 1].IsCovered)).Select(p => (p.Start, p.Column));

    private int ColumnOf(UInt128 address) => _pieces.FindIndex(p => p.Start == address) is >= 0 and var i ? _pieces[i].Column : Width;

    private static UInt128 End(IPNetwork block) => block.Last() == UInt128.MaxValue ? UInt128.MaxValue : block.Last() + 1u;

    private static int BitsOf(UInt128 size) => 1 + (int)UInt128.Log2(size);
}
