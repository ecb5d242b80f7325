using Viaduct.Linux.Nftables;

namespace Viaduct.Lab.Filtering;

/// <summary>What a person types into nft(8) for what is done over netlink.</summary>
internal static class NftCommands
{
    /// <summary>A chain that hangs on a hook; the priority as nft(8) names it.</summary>
    public static string AddChain(NftTable table, string chain, NftHookSpec hook, string priority) =>
        $"nft add chain {table} {chain} '{{ type {hook.Type.ToString().ToLowerInvariant()} hook {hook.Point.ToString().ToLowerInvariant()} priority {priority}; }}'";
}
