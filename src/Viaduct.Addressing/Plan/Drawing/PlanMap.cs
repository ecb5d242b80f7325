using System.Net;

namespace Viaduct.Addressing;

/// <summary>One line of the map, and whether something is wrong on it.</summary>
public sealed record MapLine(string Text, bool IsConflict = false);

/// <summary>
/// Draws the ranges of a plan against each other, as text: one line for each, on one axis of addresses for each family. Where two ranges are in
/// conflict, both bars are made of <c>x</c>.
/// </summary>
public static class PlanMap
{
    /// <summary>More lines than this nobody reads.</summary>
    private const int MostRows = 40;
    private const int LeastBar = 24;

    public static IReadOnlyList<MapLine> Draw(ClusterPlan plan, IReadOnlyList<PlanFinding> findings, int width)
    {
        var lines = new List<MapLine>();
        var rows = Rows(plan, findings);
        foreach (var family in rows.GroupBy(r => r.Block.IsIPv6()).OrderBy(g => g.Key))
        {
            if (lines.Count > 0)
                lines.Add(new MapLine(""));
            lines.AddRange(Family([.. family], findings, width));
        }
        var left = PlanRange.Of(plan).Count() - rows.Count(r => r.Field.Length > 0);
        if (left > 0)
            lines.Add(new MapLine($"... and {left} more ranges"));
        return lines;
    }

    /// <summary>What is in conflict is drawn in any case; of the rest as much as there is room for.</summary>
    private static List<PlanRange> Rows(ClusterPlan plan, IReadOnlyList<PlanFinding> findings)
    {
        var conflicts = findings.Where(f => f.Other is not null).SelectMany(f => new[] { f.Range!, f.Other! }).Distinct().Take(MostRows).ToList();
        var rest = PlanRange.Of(plan).Except(conflicts).Take(Math.Max(0, MostRows - conflicts.Count));
        return [.. conflicts.Concat(rest).OrderBy(r => Order(r.Kind)).ThenBy(r => r.Block.First()).ThenBy(r => r.Block.PrefixLength)];
    }

    private static int Order(RangeKind kind) => kind switch
    {
        RangeKind.Vpc => 0,
        RangeKind.VSwitch => 1,
        RangeKind.PodVSwitch => 2,
        RangeKind.Pod => 3,
        RangeKind.Service => 4,
        _ => 5 + (int)kind,
    };

    private static IEnumerable<MapLine> Family(List<PlanRange> rows, IReadOnlyList<PlanFinding> findings, int width)
    {
        var names = rows.Select(r => (r.Kind is RangeKind.VSwitch or RangeKind.PodVSwitch ? "  " : "") + r.Name).ToList();
        var (name, block) = (names.Max(n => n.Length), rows.Max(r => r.Block.ToString().Length));
        var axis = new MapAxis([.. rows.Select(r => r.Block)], Math.Max(LeastBar, width - name - block - 4));
        yield return new MapLine($"{"".PadRight(name)}  {"".PadRight(block)}  {Labels(axis, rows[0].Block.Family())}".TrimEnd());
        for (var i = 0; i < rows.Count; i++)
        {
            var shared = findings.Where(f => f.Range == rows[i] || f.Other == rows[i]).Select(f => f.Overlap).OfType<IPNetwork>().ToList();
            var isWrong = findings.Any(f => f.Severity == FindingSeverity.Error && (f.Range == rows[i] || f.Other == rows[i]));
            yield return new MapLine($"{names[i].PadRight(name)}  {rows[i].Block.ToString().PadRight(block)}  {Bar(axis, rows[i].Block, shared)}", isWrong);
        }
    }

    private static string Bar(MapAxis axis, IPNetwork block, List<IPNetwork> shared)
    {
        var cells = new string(' ', axis.Width).ToCharArray();
        foreach (var gap in axis.Gaps)
            cells[gap + ((axis.Width > gap + 1) ? 1 : 0)] = '·';
        var (from, to) = axis.Columns(block);
        cells.AsSpan(from, to - from).Fill('─');
        cells[from] = to - from == 1 ? '│' : '├';
        cells[to - 1] = to - from == 1 ? '│' : '┤';
        foreach (var (first, end) in shared.Select(axis.Columns))
            cells.AsSpan(first, end - first).Fill('x');
        return new string(cells).TrimEnd(' ', '·');
    }

    /// <summary>The first address of each group of ranges, where there is room for it.</summary>
    private static string Labels(MapAxis axis, System.Net.Sockets.AddressFamily family)
    {
        var line = "";
        foreach (var (start, column) in axis.Groups)
        {
            if (line.Length == 0 ? column == 0 : line.Length < column)
                line = line.PadRight(column) + Cidr.ToAddress(start, family);
        }
        return line;
    }
}
