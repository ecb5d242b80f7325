using System.Net;

namespace Viaduct.Linux.Route;

/// <content>Neighbours.</content>
public sealed partial class RouteClient
{
    /// <summary>Adds or replaces a permanent entry. Like <c>ip neighbour replace ... nud permanent</c>.</summary>
    public void ReplaceNeighbor(NeighborSpec spec)
    {
        var request = NeighborWire.Replace(spec);
        _channel.Execute(ref request, $"replacing neighbour {spec.Address} on link {spec.LinkIndex}");
    }

    /// <summary>Deletes an entry. Like <c>ip neighbour delete</c>.</summary>
    public void DeleteNeighbor(int linkIndex, IPAddress address)
    {
        var request = NeighborWire.Delete(linkIndex, address);
        _channel.Execute(ref request, $"deleting neighbour {address} on link {linkIndex}");
    }

    /// <summary>The entries of one link or of all. Like <c>ip neighbour</c>.</summary>
    public IReadOnlyList<NeighborInfo> ListNeighbors(int? linkIndex = null)
    {
        var request = NeighborWire.List(linkIndex);
        return _channel.Dump(ref request, "listing neighbours", NeighborWire.Read);
    }

    /// <summary>Adds or replaces an entry of a tunnel's forwarding table. Like <c>bridge fdb replace MAC dev NAME dst ADDRESS self permanent</c>.</summary>
    public void ReplaceFdbEntry(FdbEntry entry)
    {
        var request = FdbWire.Replace(entry);
        _channel.Execute(ref request, $"replacing the forwarding entry {entry.LinkAddress} of link {entry.LinkIndex}");
    }

    /// <summary>Deletes an entry. Like <c>bridge fdb delete</c>.</summary>
    public void DeleteFdbEntry(FdbEntry entry)
    {
        var request = FdbWire.Delete(entry);
        _channel.Execute(ref request, $"deleting the forwarding entry {entry.LinkAddress} of link {entry.LinkIndex}");
    }

    /// <summary>The forwarding table of a tunnel. Like <c>bridge fdb show dev NAME</c>.</summary>
    public IReadOnlyList<FdbEntry> ListFdbEntries(int linkIndex)
    {
        var request = FdbWire.List(linkIndex);
        return _channel.Dump(ref request, "listing forwarding entries", FdbWire.Read);
    }

    /// <summary>Adds an entry to a bridge's forwarding table that never ages. Like <c>bridge fdb add MAC dev PORT master static</c>.</summary>
    public void AddStaticBridgeEntry(int portIndex, MacAddress linkAddress)
    {
        var request = BridgeFdbWire.AddStatic(portIndex, linkAddress);
        _channel.Execute(ref request, $"adding the forwarding entry {linkAddress} to bridge port {portIndex}");
    }

    /// <summary>The forwarding table of a bridge. Like <c>bridge fdb show br NAME</c>.</summary>
    public IReadOnlyList<BridgeFdbEntry> ListBridgeEntries(int bridgeIndex)
    {
        var request = BridgeFdbWire.List(bridgeIndex);
        return _channel.Dump(ref request, "listing the forwarding entries of a bridge", BridgeFdbWire.Read);
    }
}
