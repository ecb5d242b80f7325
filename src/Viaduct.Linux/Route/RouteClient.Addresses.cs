using Viaduct.Linux.Netlink;

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

    /// <summary>Puts many addresses on links. The first that the kernel refuses becomes the exception; all others are made. Like <c>ip -batch</c>.</summary>
    public void AddAddresses(ReadOnlySpan<AddressSpec> specs) => ChangeAddresses(specs, isAddition: true);

    /// <summary>Takes many addresses off links. The first that the kernel refuses becomes the exception; all others are gone. Like <c>ip -batch</c>.</summary>
    public void DeleteAddresses(ReadOnlySpan<AddressSpec> specs) => ChangeAddresses(specs, isAddition: false);

    /// <summary>The addresses of one link or of all. Like <c>ip address</c>.</summary>
    public IReadOnlyList<AddressInfo> ListAddresses(int? linkIndex = null)
    {
        var request = AddressWire.List(linkIndex);
        return _channel.Dump(ref request, "listing addresses", AddressWire.Read);
    }

    // An unread error takes about a KiB of the socket's receive buffer, which holds 208 KiB (net.core.rmem_default).
    private const int AddressesPerDatagram = 150;

    private void ChangeAddresses(ReadOnlySpan<AddressSpec> specs, bool isAddition)
    {
        NetlinkException? refusal = null;
        for (var rest = specs; !rest.IsEmpty; rest = rest[Math.Min(AddressesPerDatagram, rest.Length)..])
        {
            var some = rest[..Math.Min(AddressesPerDatagram, rest.Length)].ToArray();
            var request = AddressWire.Write(some, isAddition);
            try
            {
                _channel.ExecuteBatch(ref request, isAddition ? "adding addresses" : "deleting addresses", index => $"{some[index]} of link {some[index].LinkIndex}");
            }
            catch (NetlinkException e) when (e.Item is not null)
            {
                refusal ??= e;
            }
        }

        if (refusal is not null)
            throw refusal;
    }
}
