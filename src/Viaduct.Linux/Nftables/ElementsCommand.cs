using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>Adds or deletes elements, which are kept in the form in which they are sent.</summary>
internal sealed record ElementsCommand(NftTable Table, string Set, bool IsDelete, int FirstCapacity) : NftCommand(Table)
{
    private const int HeaderSize = NlWriter.HeaderSize + NFGENMSG_SIZE;

    private byte[] list = GC.AllocateUninitializedArray<byte>(FirstCapacity);
    private int count;

    /// <summary>Names one element.</summary>
    public ElementsCommand(NftTable table, string set, bool IsDelete, NftElement element)
        : this(table, set, IsDelete, 0)
    {
        var view = new NftElementView(element.Key.Span);
        var size = NftElementCodec.Size(view, IsDelete);
        NftElementCodec.Write(Reserve(size, size), view, IsDelete);
    }

    /// <summary>Bytes of the elements so far.</summary>
    public int Length { get; private set; }

    public override string Description => count == 1 ? Describe(NftElementCodec.Read(First())) : $"{(IsDelete ? "delete" : "add")} {count} elements {Table} {Set}";

    public override ushort MessageType => IsDelete ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM;

    public override ushort Flags => IsDelete ? (ushort)0 : NLM_F_CREATE;

    /// <summary>Room for one more element.</summary>
    public Span<byte> Reserve(int size, int maxLength)
    {
        if (Length + size > list.Length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Min(Math.Max(list.Length * 2, Length + size), Math.Max(maxLength, size)));
            list.AsSpan(0, Length).CopyTo(larger);
            list = larger;
        }

        var piece = list.AsSpan(Length, size);
        Length += size;
        count++;
        return piece;
    }

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_SET_ELEM_LIST_TABLE, Table.Name);
        writer.AddAttribute(NFTA_SET_ELEM_LIST_SET, Set);
        writer.AddAttribute(NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, list.AsSpan(0, Length));
    }

    // The kernel's extended acknowledgement points at the element (NL_SET_BAD_ATTR in nf_tables_newsetelem).
    public override string DescribeAt(int? offset)
    {
        if (offset is null || count < 2)
            return Description;
        var at = HeaderSize + 4 + NlWriter.Align(Table.Name.Length + 1) + 4 + NlWriter.Align(Set.Length + 1) + 4;
        foreach (var element in new NlAttributes(list.AsSpan(0, Length)))
        {
            if (at == offset)
                return Describe(NftElementCodec.Read(element.Nested()));
            at += NlWriter.AttributeHeaderSize + element.Value.Length;
        }

        return Description;
    }

    private NlAttributes First()
    {
        foreach (var element in new NlAttributes(list.AsSpan(0, Length)))
            return element.Nested();
        return default;
    }

    private string Describe(in NftElementView view)
    {
        var element = view.ToElement();
        return $"{(IsDelete ? "delete" : "add")} element {Table} {Set} {element.Key}" + (element.Comment is null ? "" : $" ({element.Comment})");
    }
}
