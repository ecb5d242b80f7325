using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>
/// The setting without which nothing reaches a node port on 127.0.0.1. It opens the loopback addresses to neighbours, too (CVE-2020-8558), so it is on only while
/// the guard of the table stands. If it was off before, it is so again afterwards: for whoever removes the table, the comment of the guard's rule tells.
/// </summary>
/// <param name="ns">Whose setting.</param>
/// <param name="table">The table with the guard.</param>
/// <param name="isWanted">Whether node ports are open on the loopback address.</param>
internal sealed class LoopbackRouting(NetNamespace ns, NftTable table, bool isWanted) : IDisposable
{
    public const string Guard = "loopback-guard", Setting = "net.ipv4.conf.all.route_localnet";

    /// <summary>What the guard's rule says of a setting that this proxy made, and of somebody else's.</summary>
    public const string Ours = "route_localnet is on for node ports: nobody else may use the loopback address";
    public const string Others = "nobody else may use the loopback address, though route_localnet was on before";

    /// <summary>Whether the setting was on without this proxy, in the calling thread's network namespace.</summary>
    public static bool WasOn(NftClient nft, NftTable table) => Sysctl.Read(Setting) == "1" && !IsOurs(nft, table);

    /// <summary>Before the guard goes: takes the setting back if it was this proxy's, in the calling thread's network namespace.</summary>
    public static void GiveBack(NftClient nft, NftTable table)
    {
        if (IsOurs(nft, table))
            Sysctl.Write(Setting, "0");
    }

    public void BeforeWrite(NftClient nft)
    {
        if (!isWanted && IsOurs(nft, table))
            ns.Run(() => Sysctl.Write(Setting, "0"));
    }

    public void AfterWrite()
    {
        if (isWanted)
            ns.Run(TurnOn);
    }

    public void Dispose() => ns.Dispose();

    private static void TurnOn()
    {
        if (Sysctl.Read(Setting) != "1")
            Sysctl.Write(Setting, "1");
    }

    private static bool IsOurs(NftClient nft, NftTable table) => nft.ListRules(table, Guard).Any(r => r.Comment == Ours);
}
