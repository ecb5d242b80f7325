using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables;

/// <summary>One message of a batch.</summary>
internal abstract record NftCommand(NftTable Table)
{
    /// <summary>What it does, for people: <c>chain "x" of table ip viaduct</c>.</summary>
    public abstract string Description { get; }

    public abstract ushort MessageType { get; }

    public virtual ushort Flags => 0;

    /// <summary>An upper bound of the message's length.</summary>
    public virtual int SizeHint => 256;

    /// <summary>Writes the attributes after struct nfgenmsg.</summary>
    public abstract void WriteAttributes(ref NlWriter writer, int index);

    /// <summary>Names the part at <paramref name="offset"/> bytes from the message's start, for errors.</summary>
    public virtual string DescribeAt(int? offset) => Description;
}

internal sealed record AddTableCommand(NftTable Table, string? Comment) : NftCommand(Table)
{
    public override string Description => $"add table {Table}";

    public override ushort MessageType => NFT_MSG_NEWTABLE;

    public override ushort Flags => NLM_F_CREATE;

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_TABLE_NAME, Table.Name);
        if (Comment is not null)
            writer.AddAttribute(NFTA_TABLE_USERDATA, NftUserData.Comment(NFTNL_UDATA_TABLE_COMMENT, Comment));
    }
}

internal sealed record DeleteTableCommand(NftTable Table) : NftCommand(Table)
{
    public override string Description => $"delete table {Table}";

    public override ushort MessageType => NFT_MSG_DELTABLE;

    public override void WriteAttributes(ref NlWriter writer, int index) => writer.AddAttribute(NFTA_TABLE_NAME, Table.Name);
}

internal sealed record AddChainCommand(NftTable Table, NftChainSpec Spec) : NftCommand(Table)
{
    public override string Description => $"add chain {Table} {Spec.Name}";

    public override ushort MessageType => NFT_MSG_NEWCHAIN;

    public override ushort Flags => NLM_F_CREATE;

    public override void WriteAttributes(ref NlWriter writer, int index) => NftChainCodec.Write(ref writer, Table, Spec);
}

internal sealed record DeleteChainCommand(NftTable Table, string Name) : NftCommand(Table)
{
    public override string Description => $"delete chain {Table} {Name}";

    public override ushort MessageType => NFT_MSG_DELCHAIN;

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_CHAIN_TABLE, Table.Name);
        writer.AddAttribute(NFTA_CHAIN_NAME, Name);
    }
}

internal sealed record AddRuleCommand(NftTable Table, string Chain, NftRuleSpec Spec) : NftCommand(Table)
{
    public override string Description => $"add rule {Table} {Chain}" + (Spec.Comment is null ? "" : $" ({Spec.Comment})");

    public override ushort MessageType => NFT_MSG_NEWRULE;

    public override ushort Flags => NLM_F_CREATE | NLM_F_APPEND;

    public override int SizeHint => 256 + (Spec.Expressions.Length * 128);

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_RULE_TABLE, Table.Name);
        writer.AddAttribute(NFTA_RULE_CHAIN, Chain);
        Expressions.NftExpression.WriteList(ref writer, Spec.Expressions);
        if (Spec.Comment is not null)
            writer.AddAttribute(NFTA_RULE_USERDATA, NftUserData.Comment(NFTNL_UDATA_RULE_COMMENT, Spec.Comment));
    }
}

/// <summary>Deletes one rule, or all rules of the chain when <paramref name="Handle"/> is null.</summary>
internal sealed record DeleteRuleCommand(NftTable Table, string Chain, ulong? Handle) : NftCommand(Table)
{
    public override string Description => Handle is null ? $"flush chain {Table} {Chain}" : $"delete rule {Table} {Chain} handle {Handle}";

    public override ushort MessageType => NFT_MSG_DELRULE;

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_RULE_TABLE, Table.Name);
        writer.AddAttribute(NFTA_RULE_CHAIN, Chain);
        if (Handle is { } handle)
            writer.AddAttributeBigEndian(NFTA_RULE_HANDLE, handle);
    }
}

internal sealed record AddSetCommand(NftTable Table, NftSetSpec Spec) : NftCommand(Table)
{
    public override string Description => $"add {(Spec.DataType is null ? "set" : "map")} {Table} {Spec.Name}";

    public override ushort MessageType => NFT_MSG_NEWSET;

    public override ushort Flags => NLM_F_CREATE;

    public override void WriteAttributes(ref NlWriter writer, int index) => NftSetCodec.Write(ref writer, Table, Spec, index);
}

internal sealed record DeleteSetCommand(NftTable Table, string Name) : NftCommand(Table)
{
    public override string Description => $"delete set {Table} {Name}";

    public override ushort MessageType => NFT_MSG_DELSET;

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_SET_TABLE, Table.Name);
        writer.AddAttribute(NFTA_SET_NAME, Name);
    }
}

internal sealed record FlushSetCommand(NftTable Table, string Set) : NftCommand(Table)
{
    public override string Description => $"flush set {Table} {Set}";

    public override ushort MessageType => NFT_MSG_DELSETELEM;

    public override void WriteAttributes(ref NlWriter writer, int index)
    {
        writer.AddAttribute(NFTA_SET_ELEM_LIST_TABLE, Table.Name);
        writer.AddAttribute(NFTA_SET_ELEM_LIST_SET, Set);
    }
}
