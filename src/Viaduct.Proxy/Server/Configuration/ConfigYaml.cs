using System.Text;
using System.Text.Json.Nodes;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Writes a configuration as YAML: mappings as blocks, everything else in JSON's form, which is YAML too.</summary>
public static class ConfigYaml
{
    public static string Write(ProxyConfiguration configuration)
    {
        var text = new StringBuilder();
        Write(text, configuration.ToJson(), "");
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonObject map, string indent)
    {
        foreach (var (name, value) in map)
        {
            text.Append(indent).Append(name).Append(':');
            if (value is JsonObject { Count: > 0 } inner)
                Write(text.Append('\n'), inner, indent + "  ");
            else
                text.Append(' ').Append(value?.ToJsonString() ?? "null").Append('\n');
        }
    }
}
