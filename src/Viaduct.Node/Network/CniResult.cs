using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Viaduct.Node.Network;

/// <summary>A CNI plugin refused, or did not speak the protocol; the message is the plugin's.</summary>
internal sealed class CniException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Result of a CNI ADD (CNI SPEC 1.1, "Success"): the container's addresses, and all of it as it came.</summary>
internal sealed record CniResult(IReadOnlyList<IPAddress> Addresses, JsonObject Json)
{
    /// <summary>Reads what a plugin that exited with 0 printed.</summary>
    public static CniResult Parse(string output)
    {
        var json = ParseObject(output) ?? throw new CniException($"viaduct-cni succeeded, but its output is not a JSON object: {Shorten(output)}");
        var addresses = new List<IPAddress>(2);
        foreach (var ip in json["ips"] as JsonArray ?? [])
        {
            if (ip?["address"]?.GetValue<string>() is { } text && IPAddress.TryParse(text.Split('/')[0], out var address))
                addresses.Add(address);
        }
        return addresses.Count > 0
            ? new CniResult(addresses, json)
            : throw new CniException($"viaduct-cni succeeded, but its result holds no address: {Shorten(output)}");
    }

    /// <summary>The sentence of the error object that a plugin printed when it failed; its plain output when that is no error object.</summary>
    public static string ErrorText(string output, string standardError, int? exitCode)
    {
        if (ParseObject(output) is { } json && json["msg"] is { } message)
            return json["details"]?.ToString() is { Length: > 0 } details ? $"{message}: {details}" : message.ToString();
        var said = string.Join(' ', new[] { output, standardError }.Where(t => t.Length > 0).Select(Shorten));
        return $"viaduct-cni ended with code {exitCode} and without an error object{(said.Length > 0 ? ": " + said : "")}";
    }

    private static JsonObject? ParseObject(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Not JSON at all: the callers say so, with the text.
            return null;
        }
    }

    private static string Shorten(string text) => text.Length > 500 ? text[..500] + "…" : text.Trim();
}
