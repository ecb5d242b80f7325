using Viaduct.Cluster.Plans;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Viaduct.Cluster.Model;

/// <summary>Reads a cluster's settings from YAML, strictly: what is not understood is refused, not skipped.</summary>
public static class ClusterFile
{
    /// <exception cref="ClusterException">It cannot be read, or holds something else than settings.</exception>
    public static ClusterSettings Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterException($"The configuration {path} cannot be read: {e.Message}", e);
        }
    }

    /// <param name="text">YAML.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="ClusterException">Names the file, the line and the field.</exception>
    public static ClusterSettings Parse(string text, string file)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
            return stream.Documents switch
            {
                [] => new ClusterSettings(),
                [var only] => Read(new PlanSource(file, "configuration").Node(only.RootNode, "", 1)),
                var many => throw new ClusterException($"The configuration {file} must be one document, and holds {many.Count}."),
            };
        }
        catch (YamlException e)
        {
            throw new ClusterException($"The configuration {file}, line {e.Start.Line}: {e.Message}", e);
        }
        catch (PlanFileException e)
        {
            throw new ClusterException($"The configuration {e.Message}", e);
        }
    }

    private static ClusterSettings Read(PlanNode root)
    {
        var fields = root.Fields(
            "nodes", "ipFamily", "backend", "vpc", "vSwitches", "podCidr", "nodeMask", "nodeMaskIPv6", "serviceCidr", "vxlan", "nonMasqueradeCidrs");
        return new ClusterSettings
        {
            Nodes = Number("nodes"),
            IpFamily = Text("ipFamily"),
            Backend = Text("backend"),
            Vpc = Ranges("vpc"),
            VSwitches = fields.TryGetValue("vSwitches", out var vSwitches) ? [.. vSwitches.Items().Select(VSwitch)] : null,
            PodCidr = Ranges("podCidr"),
            NodeMask = Number("nodeMask"),
            NodeMaskIPv6 = Number("nodeMaskIPv6"),
            ServiceCidr = Ranges("serviceCidr"),
            Vxlan = fields.TryGetValue("vxlan", out var vxlan) ? Vxlan(vxlan) : null,
            NonMasqueradeCidrs = fields.TryGetValue("nonMasqueradeCidrs", out var direct) ? [.. direct.Ranges().Select(r => r.ToString())] : null,
        };

        string? Text(string field) => fields.TryGetValue(field, out var node) ? node.Text() : null;
        int? Number(string field) => fields.TryGetValue(field, out var node) ? node.Number() : null;
        string? Ranges(string field) => fields.TryGetValue(field, out var node) ? node.Ranges().ToString() : null;
    }

    private static VSwitchSpec VSwitch(PlanNode node)
    {
        var fields = node.Fields("zone", "cidr");
        return fields.TryGetValue("zone", out var zone) && fields.TryGetValue("cidr", out var cidr)
            ? new VSwitchSpec(zone.Text(), cidr.Ranges().ToString())
            : throw node.Wrong("needs a zone and a cidr");
    }

    private static VxlanSettings Vxlan(PlanNode node)
    {
        var (fields, usual) = (node.Fields("vni", "port", "checksumOffload"), new VxlanSettings());
        return new VxlanSettings(
            fields.TryGetValue("vni", out var vni) ? vni.Number() : usual.Vni,
            fields.TryGetValue("port", out var port) ? port.Number() : usual.Port,
            fields.TryGetValue("checksumOffload", out var offload) ? offload.OneOf(s_flags) : null);
    }

    private static readonly Dictionary<string, bool> s_flags = new() { ["true"] = true, ["false"] = false };
}
