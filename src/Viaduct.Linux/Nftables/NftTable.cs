namespace Viaduct.Linux.Nftables;

/// <summary>Names a table: its family and name. Every verb of <see cref="NftBatch"/> and <see cref="NftClient"/> takes one.</summary>
/// <param name="Family">Which packets the table sees.</param>
/// <param name="Name">The table's name, unique in its family.</param>
public sealed record NftTable(NftFamily Family, string Name)
{
    /// <summary>As nft(8) writes it: <c>ip viaduct</c>.</summary>
    public override string ToString() => $"{Family.Text()} {Name}";
}

/// <summary>A table read from the kernel.</summary>
/// <param name="Table">Its family and name.</param>
/// <param name="Handle">The kernel's number for it; a table made anew has another.</param>
/// <param name="Comment">Its comment, or null.</param>
public sealed record NftTableInfo(NftTable Table, ulong Handle, string? Comment);
