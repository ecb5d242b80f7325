using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;

namespace Viaduct.Linux.Route;

/// <content>Links.</content>
public sealed partial class RouteClient
{
    /// <summary>Makes a link. Like <c>ip link add</c>.</summary>
    public void AddLink(LinkSpec spec)
    {
        CheckName(spec.Name);
        if (spec is VethSpec veth)
            CheckName(veth.PeerName);
        var request = LinkWire.Add(spec);
        _channel.Execute(ref request, $"adding {spec.Kind} {spec.Name}");
    }

    /// <summary>The link of that name; a missing one is a <see cref="NetlinkException"/> with IsNotFound. Like <c>ip link show</c>.</summary>
    public LinkInfo GetLink(string name)
    {
        CheckName(name);
        var request = LinkWire.Get(name);
        return _channel.Request(ref request, $"getting link {name}", LinkWire.Read)[0];
    }

    /// <summary>The link of that name, or null.</summary>
    public LinkInfo? FindLink(string name)
    {
        try
        {
            return GetLink(name);
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>All links. Like <c>ip link</c>.</summary>
    public IReadOnlyList<LinkInfo> ListLinks()
    {
        var request = LinkWire.List();
        return _channel.Dump(ref request, "listing links", LinkWire.Read);
    }

    /// <summary>Changes a link. Like <c>ip link set</c> and <c>bridge link set</c>.</summary>
    public void SetLink(int index, LinkChange change)
    {
        if (change.IsOfLink)
        {
            var request = LinkWire.Change(index, change);
            _channel.Execute(ref request, $"changing link {index} ({Describe(change)})");
        }
        if (change.IsOfPort)
        {
            var request = LinkWire.BridgePort(index, change);
            _channel.Execute(ref request, $"changing bridge port {index}");
        }
    }

    /// <summary>Deletes a link, and a veth's peer with it. Like <c>ip link delete</c>.</summary>
    public void DeleteLink(int index)
    {
        var request = LinkWire.Delete(index);
        _channel.Execute(ref request, $"deleting link {index}");
    }

    private static string Describe(LinkChange change)
    {
        var parts = new List<string>();
        if (change.Up is { } up)
            parts.Add(up ? "up" : "down");
        if (change.Master is { } master)
            parts.Add($"master {master}");
        if (change.Mtu is { } mtu)
            parts.Add($"mtu {mtu}");
        if (change.Name is { } name)
            parts.Add($"name {name}");
        if (change.Address is { } address)
            parts.Add($"address {address}");
        if (change.Namespace is not null)
            parts.Add("namespace");
        if (change.Bridge is not null)
            parts.Add("bridge");
        return string.Join(", ", parts);
    }

    // The kernel says only EINVAL or ERANGE about names; dev_valid_name() in net/core/dev.c has the rules.
    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 15 || name is "." or ".." || name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
            throw new NetlinkException($"using the link name \"{name}\"", Errno.EINVAL, "a link name has 1 to 15 characters, no blank, slash or colon, and is not a dot or two");
    }
}
