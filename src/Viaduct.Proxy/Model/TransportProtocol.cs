namespace Viaduct.Proxy.Model;

/// <summary>The protocols a Service port can have; the values are IP protocol numbers.</summary>
public enum TransportProtocol : byte
{
    Tcp = 6,
    Udp = 17,
    Sctp = 132,
}

public static class TransportProtocols
{
    /// <summary>Parses <c>protocol</c> of a Service or EndpointSlice port; absent means TCP. Null when it is none of the three.</summary>
    public static TransportProtocol? Parse(string? text) => text switch
    {
        null or "" or "TCP" => TransportProtocol.Tcp,
        "UDP" => TransportProtocol.Udp,
        "SCTP" => TransportProtocol.Sctp,
        _ => null,
    };

    /// <summary>The name as nft(8) writes it.</summary>
    public static string Name(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        _ => "sctp",
    };
}
