using System.Net.Sockets;
using System.Text.Json;

namespace Viaduct.Cni.Types;

/// <summary>Results as JSON in each version's shape.</summary>
public static class CniResultJson
{
    /// <summary>Writes <paramref name="result"/> as <paramref name="version"/> wants it.</summary>
    public static void Write(Utf8JsonWriter json, CniResult result, string version)
    {
        json.WriteStartObject();
        json.WriteString("cniVersion", version);
        WriteInterfaces(json, result.Interfaces, version);
        WriteIps(json, result.Ips, version);
        WriteRoutes(json, result.Routes);
        // 1.0.0 leaves out an empty object, its predecessors print it.
        if (!result.Dns.IsEmpty || !CniVersion.IsAtLeast(version, "1.0.0"))
            WriteDns(json, result.Dns);
        json.WriteEndObject();
    }

    private static void WriteInterfaces(Utf8JsonWriter json, IReadOnlyList<CniInterface> interfaces, string version)
    {
        if (interfaces.Count == 0)
            return;
        json.WriteStartArray("interfaces");
        foreach (var link in interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", link.Name);
            WriteOptional(json, "mac", link.Mac);
            if (link.Mtu is { } mtu && CniVersion.IsAtLeast(version, "1.1.0"))
                json.WriteNumber("mtu", mtu);
            WriteOptional(json, "sandbox", link.Sandbox);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteIps(Utf8JsonWriter json, IReadOnlyList<CniIp> ips, string version)
    {
        if (ips.Count == 0)
            return;
        json.WriteStartArray("ips");
        foreach (var ip in ips)
        {
            json.WriteStartObject();
            // "version" was dropped in 1.0.0.
            if (!CniVersion.IsAtLeast(version, "1.0.0"))
                json.WriteString("version", ip.Address.AddressFamily == AddressFamily.InterNetworkV6 ? "6" : "4");
            if (ip.Interface is { } index)
                json.WriteNumber("interface", index);
            json.WriteString("address", $"{ip.Address}/{ip.PrefixLength}");
            WriteOptional(json, "gateway", ip.Gateway?.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteRoutes(Utf8JsonWriter json, IReadOnlyList<CniRoute> routes)
    {
        if (routes.Count == 0)
            return;
        json.WriteStartArray("routes");
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", route.Destination.ToString());
            WriteOptional(json, "gw", route.Gateway?.ToString());
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteDns(Utf8JsonWriter json, CniDns dns)
    {
        json.WriteStartObject("dns");
        WriteList(json, "nameservers", dns.Nameservers);
        WriteOptional(json, "domain", dns.Domain);
        WriteList(json, "search", dns.Search);
        WriteList(json, "options", dns.Options);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
            return;
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            json.WriteString(name, value);
    }
}
