using System.Net;

namespace Viaduct.Lab.Filtering;

/// <summary>A rule for IPv4 packets that a host has, told so that nftables and iptables can both be given it.</summary>
/// <param name="Hook">Where packets meet it.</param>
/// <param name="Action">What becomes of those that it is about.</param>
public sealed record PacketRule(PacketHook Hook, PacketAction Action)
{
    /// <summary>Only packets from there; null for all.</summary>
    public IPNetwork? Source { get; init; }

    /// <summary>Only packets to there; null for all.</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>Only packets that leave by another device; null for all.</summary>
    public string? NotByDevice { get; init; }

    /// <summary>A network as both programs write it: a single address without its length.</summary>
    public static string Show(IPNetwork network) => IsOne(network) ? $"{network.BaseAddress}" : $"{network}";

    /// <summary>Whether it is one address.</summary>
    public static bool IsOne(IPNetwork network) => network.PrefixLength == 32;

    /// <summary>One address as a network.</summary>
    public static IPNetwork Only(string address) => new(IPAddress.Parse(address), 32);
}

/// <summary>Where packets meet a rule.</summary>
public enum PacketHook
{
    /// <summary>Before it is known where they go.</summary>
    Prerouting,

    /// <summary>When they are for somebody else.</summary>
    Forward,

    /// <summary>When they leave.</summary>
    Postrouting,
}

/// <summary>What becomes of a packet.</summary>
public abstract record PacketAction
{
    private PacketAction()
    {
    }

    /// <summary>It is gone; how many are is counted.</summary>
    public sealed record Drop : PacketAction;

    /// <summary>It gets the address of the device by which it leaves.</summary>
    public sealed record Masquerade : PacketAction;

    /// <summary>It goes to another address.</summary>
    public sealed record SendTo(IPAddress Address) : PacketAction;
}
