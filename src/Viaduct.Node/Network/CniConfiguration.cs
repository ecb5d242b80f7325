using System.Net;
using System.Text.Json.Nodes;

namespace Viaduct.Node.Network;

/// <summary>The node's CNI configuration: one plugin, <c>viaduct-cni</c>, with addresses from the node's Pod CIDR.</summary>
internal sealed class CniConfiguration
{
    public const string Version = "1.1.0";
    public const string NetworkName = "viaduct";
    public const string FileName = "10-viaduct.conflist";

    private readonly JsonObject _plugin;

    /// <param name="bridge">The bridge of the node's pods.</param>
    /// <param name="leases">The directory of the addresses that are taken.</param>
    /// <param name="podCidrs">The node's blocks of pod addresses: a pod gets one address of each.</param>
    /// <param name="mtu">The largest packet that a pod can send to all others.</param>
    public CniConfiguration(string bridge, string leases, IReadOnlyList<IPNetwork> podCidrs, int mtu) => _plugin = new JsonObject
    {
        ["type"] = "viaduct-cni",
        ["bridge"] = bridge,
        ["isDefaultGateway"] = true,
        ["hairpinMode"] = true,
        ["mtu"] = mtu,
        // The agent masquerades, by one rule for all pods of the node (NodeMasquerade).
        ["ipMasq"] = false,
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["ranges"] = new JsonArray([.. podCidrs.Select(c => new JsonArray(new JsonObject { ["subnet"] = c.ToString() }))]),
            ["dataDir"] = leases,
        },
    };

    /// <summary>The file in <c>/etc/cni/net.d</c> form: people and other tools can read and use it.</summary>
    public JsonObject ConfigurationList() => new()
    {
        ["cniVersion"] = Version,
        ["name"] = NetworkName,
        ["plugins"] = new JsonArray(_plugin.DeepClone()),
    };

    /// <summary>What the plugin gets on its standard input (CNI SPEC, "Deriving request configuration from plugin configuration").</summary>
    public JsonObject Request(JsonObject? previousResult)
    {
        var request = _plugin.DeepClone().AsObject();
        request["cniVersion"] = Version;
        request["name"] = NetworkName;
        if (previousResult is not null)
            request["prevResult"] = previousResult.DeepClone();
        return request;
    }

    /// <summary>Whole or not at all: a runtime watches the directory and reads at once.</summary>
    public void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        var (file, draft) = (Path.Combine(directory, FileName), Path.Combine(directory, $".{FileName}"));
        File.WriteAllText(draft, ConfigurationList().ToJsonString(s_indented) + "\n");
        File.Move(draft, file, overwrite: true);
    }

    private static readonly System.Text.Json.JsonSerializerOptions s_indented = new() { WriteIndented = true };
}
