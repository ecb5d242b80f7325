using System.Globalization;
using System.Text;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>
/// A rule. Its text is what iptables-save prints of it, in both variants of iptables, so that what is installed can be compared with what is wanted.
/// Matches are printed in the order they were given, which is therefore always this one.
/// </summary>
internal readonly record struct RuleSpec
{
    /// <summary>As "-s 10.0.0.0/8" or "! -s 10.0.0.0/8".</summary>
    public string? Source { get; init; }

    /// <summary>As "-d 10.0.0.1/32".</summary>
    public string? Destination { get; init; }

    /// <summary>As "-i cni0" or "! -i veth+".</summary>
    public string? Input { get; init; }

    public string? Output { get; init; }

    public TransportProtocol? Protocol { get; init; }

    /// <summary>Needs <see cref="Protocol"/>; 0 is any.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>For people; of printable ASCII.</summary>
    public string? Comment { get; init; }

    /// <summary>Further matches, as "-m addrtype --src-type LOCAL".</summary>
    public string? Match { get; init; }

    /// <summary>A chain or target with its options, as "DNAT --to-destination 10.0.0.1:80"; null only counts.</summary>
    public string? Target { get; init; }

    public override string ToString() => Write(new StringBuilder()).ToString();

    public StringBuilder Write(StringBuilder text)
    {
        var start = text.Length;
        Add(text, start, "", Source);
        Add(text, start, "", Destination);
        Add(text, start, "", Input);
        Add(text, start, "", Output);
        var protocol = Protocol?.Name();
        Add(text, start, "-p ", protocol);
        if (Comment is not null)
            Add(text, start, "-m comment --comment ", Quote(Comment));
        Add(text, start, "", Match);
        if (DestinationPort != 0)
            text.Append(CultureInfo.InvariantCulture, $" -m {protocol} --dport {DestinationPort}");
        Add(text, start, "-j ", Target);
        return text;
    }

    private static void Add(StringBuilder text, int start, string option, string? value)
    {
        if (value is null)
            return;
        if (text.Length > start)
            text.Append(' ');
        text.Append(option).Append(value);
    }

    // Names of Services hold nothing to be quoted, but this text goes to a program that parses it.
    private static string Quote(string comment)
    {
        Span<char> clean = stackalloc char[Math.Min(comment.Length, 255)];
        for (var i = 0; i < clean.Length; i++)
            clean[i] = comment[i] is >= ' ' and <= '~' and not ('"' or '\'' or '\\') ? comment[i] : '?';
        return $"\"{clean}\"";
    }
}
