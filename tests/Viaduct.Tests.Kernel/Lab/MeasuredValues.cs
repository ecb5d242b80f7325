using System.Text.RegularExpressions;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>Takes out of a page what another machine, or another run, measures differently: the numbers of tables, and the machine's name.</summary>
internal static partial class MeasuredValues
{
    public static string Hide(string page) => Machine().Replace(Row().Replace(page.TrimEnd(), row => Number().Replace(row.Value, "#")), "");

    /// <summary>The same, without the commands of nftables or iptables.</summary>
    public static string HideRules(string page) => RuleCommand().Replace(Hide(page), "");

    /// <summary>What stands in a plot besides numbers.</summary>
    public static IReadOnlyList<string> Words(string svg) => [.. Text().Matches(svg).Select(m => m.Groups[1].Value).Where(t => !Number().IsMatch(t))];

    [GeneratedRegex(@"^\|.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("^(Measured on|测量环境).*$", RegexOptions.Multiline)]
    private static partial Regex Machine();

    [GeneratedRegex(@"^\S+\$ (nft|iptables) .*\n", RegexOptions.Multiline)]
    private static partial Regex RuleCommand();

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex("<text[^>]*>([^<]*)</text>")]
    private static partial Regex Text();
}
