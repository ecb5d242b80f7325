using System.Text;
using System.Text.Json.Nodes;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.Pages;

/// <summary>The page <c>/flagz</c> (KEP-4828): every flag with the value that counts, whether a flag or the file said it.</summary>
internal static class FlagPage
{
    public static string Write(ProxyConfiguration configuration)
    {
        var text = new StringBuilder("\nkube-proxy flags\nFor people, not for programs: the format may change.\n\n");
        foreach (var flag in ProxyFlag.All.OrderBy(f => f.Name, StringComparer.Ordinal))
            text.Append(flag.Name.TrimStart('-')).Append('=').Append(Value(configuration, flag)).Append('\n');
        return text.ToString();
    }

    /// <summary>As it would be written on a command line.</summary>
    private static string Value(ProxyConfiguration configuration, ProxyFlag flag) => ConfigValues.ToJson(ConfigFields.ByPath[flag.Path].Kind, configuration[flag.Path]) switch
    {
        null => "",
        JsonArray list => string.Join(',', list.Select(v => v!.ToString())),
        JsonObject map => string.Join(',', map.Select(p => $"{p.Key}={p.Value!.ToJsonString()}")),
        JsonValue value when value.TryGetValue(out bool truth) => truth ? "true" : "false",
        var value => value.ToString(),
    };
}
