namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>What iptables calls the tables that this mode uses.</summary>
internal static class TableNames
{
    public static readonly string[] All = [.. Enum.GetValues<IptablesTable>().Select(Of)];

    public static string Of(IptablesTable table) => table switch
    {
        IptablesTable.Nat => "nat",
        IptablesTable.Filter => "filter",
        _ => "mangle",
    };

    /// <summary>The table of a name; null for one that this mode does not use.</summary>
    public static IptablesTable? Find(ReadOnlySpan<char> name) => name switch
    {
        "nat" => IptablesTable.Nat,
        "filter" => IptablesTable.Filter,
        "mangle" => IptablesTable.Mangle,
        _ => null,
    };
}
