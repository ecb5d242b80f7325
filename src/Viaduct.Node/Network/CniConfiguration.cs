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

    public CniConfiguration(NodeOptions options, IPNetwork podCidr) => _plugin = new JsonObject
    {
        ["type"] = "viaduct-cni",
        ["bridge"] = options.BridgeName,
        ["isDefaultGateway"] = true,
        ["hairpinMode"] = true,
        ["mtu"] = options.Mtu,
        // Traffic to other pods and to the VPC keeps the pod's address; all other traffic leaves with the node's.
        ["ipMasq"] = true,
        ["nonMasqueradeCIDRs"] = new JsonArray(options.ClusterPodCidr.ToString(), options.VpcCidr.ToString()),
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = podCidr.ToString() })),
            ["dataDir"] = Path.Combine(options.StateDirectory, "ipam"),
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

    public void Write(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, FileName), ConfigurationList().ToJsonString(s_indented) + "\n");
    }

    private static readonly System.Text.Json.JsonSerializerOptions s_indented = new() { WriteIndented = true };
}
