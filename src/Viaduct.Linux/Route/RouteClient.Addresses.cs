namespace Viaduct.Linux.Route;

/// <content>Addresses.</content>
public sealed partial class RouteClient
{
    /// <summary>Puts an address on a link. Like <c>ip address add</c>.</summary>
    public void AddAddress(AddressSpec spec)
    {
        var request = AddressWire.Add(spec);
        _channel.Execute(ref request, $"adding address {spec} to link {spec.LinkIndex}");
    }

    /// <summary>Takes an address off a link. Like <c>ip address delete</c>.</summary>
    public void DeleteAddress(AddressSpec spec)
    {
        var request = AddressWire.Delete(spec);
        _channel.Execute(ref request, $"deleting address {spec} from link {spec.LinkIndex}");
    }

    /// <summary>The addresses of one link or of all. Like <c>ip address</c>.</summary>
    public IReadOnlyList<AddressInfo> ListAddresses(int? linkIndex = null)
    {
        var request = AddressWire.List(linkIndex);
        return _channel.Dump(ref request, "listing addresses", AddressWire.Read);
    }
}
