using System.Net;
using Viaduct.Linux.Route;

namespace Viaduct.Cni.Types;

/// <summary>CNI_ARGS: pairs <c>K=V;K2=V2</c>. Runtimes send many keys together with IgnoreUnknown=1.</summary>
public sealed record CniArguments(IPAddress? Address, MacAddress? Mac)
{
    /// <summary>Parses the variable's value; an empty one has no arguments.</summary>
    public static CniArguments Parse(string? text)
    {
        var pairs = (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries).Select(ParsePair).ToList();
        var ignoreUnknown = pairs.Any(pair => pair.Key == "IgnoreUnknown" && pair.Value is "1" or "true" or "TRUE" or "True");
        var unknown = pairs.Where(pair => pair.Key is not ("IP" or "MAC" or "IgnoreUnknown")).Select(pair => pair.Key).ToList();
        if (unknown.Count > 0 && !ignoreUnknown)
            throw Invalid($"unknown args [{string.Join(',', unknown)}]; send IgnoreUnknown=1 with them");
        return new CniArguments(ParseAddress(Last(pairs, "IP")), ParseMac(Last(pairs, "MAC")));
    }

    private static string? Last(List<KeyValuePair<string, string>> pairs, string key) => pairs.LastOrDefault(pair => pair.Key == key).Value;

    private static KeyValuePair<string, string> ParsePair(string pair)
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new(pair[..at], pair[(at + 1)..]) : throw Invalid($"invalid pair \"{pair}\"; write KEY=VALUE");
    }

    private static IPAddress? ParseAddress(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return IPAddress.TryParse(text.Split('/')[0], out var address) ? address : throw Invalid($"IP={text} is not an address");
    }

    private static MacAddress? ParseMac(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        return MacAddress.TryParse(text, out var mac) ? mac : throw Invalid($"MAC={text} is not a hardware address");
    }

    private static CniException Invalid(string what) => new(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: {what}");
}
