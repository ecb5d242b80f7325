using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Linux.Nftables.Expressions;

/// <summary>Puts a value into a register, or decides on the packet: exactly one of the two is set.</summary>
public sealed record ImmediateExpression : NftExpression
{
    internal const string KernelName = "immediate";

    /// <summary>Decides on the packet, as <c>accept</c> or <c>jump chain</c>.</summary>
    public ImmediateExpression(NftVerdict verdict) => Verdict = verdict;

    /// <summary>Puts a value into a register.</summary>
    public ImmediateExpression(NftRegister register, NftData value)
    {
        Register = register;
        Value = value;
    }

    /// <inheritdoc/>
    public override string Name => KernelName;

    /// <summary>The decision, or null.</summary>
    public NftVerdict? Verdict { get; }

    /// <summary>Where the value goes.</summary>
    public NftRegister Register { get; } = NftRegister.Verdict;

    /// <summary>The value, or null.</summary>
    public NftData? Value { get; }

    internal override void WriteAttributes(ref NlWriter writer)
    {
        writer.AddAttributeBigEndian(NFTA_IMMEDIATE_DREG, Register.Number);
        if (Verdict is not null)
            NftDataCodec.AddVerdict(ref writer, NFTA_IMMEDIATE_DATA, Verdict);
        else
            NftDataCodec.AddData(ref writer, NFTA_IMMEDIATE_DATA, Value ?? default);
    }

    internal static ImmediateExpression Read(NlAttributes data)
    {
        NftRegister register = default;
        (NftData? Value, NftVerdict? Verdict) content = default;
        foreach (var attribute in data)
        {
            if (attribute.Type == NFTA_IMMEDIATE_DREG)
                register = NftRegister.Read(attribute);
            else if (attribute.Type == NFTA_IMMEDIATE_DATA)
                content = NftDataCodec.Read(attribute);
        }

        return content.Verdict is { } verdict ? new ImmediateExpression(verdict) : new ImmediateExpression(register, content.Value ?? default);
    }
}
