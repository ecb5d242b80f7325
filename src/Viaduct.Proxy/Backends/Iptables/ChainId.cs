using System.Collections.Immutable;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>The tables that Services need; written in this order.</summary>
internal enum IptablesTable : byte
{
    Nat,
    Filter,

    /// <summary>Has only a canary.</summary>
    Mangle,
}

/// <summary>A chain of a table.</summary>
internal readonly record struct ChainId(IptablesTable Table, string Name);

/// <summary>A chain whose rules all belong to one owner: it is written whole.</summary>
internal readonly record struct ChainSpec(ChainId Id, ImmutableArray<RuleSpec> Rules);

/// <summary>A rule in a chain that many share: it comes and goes by itself.</summary>
/// <param name="Chain">Where it is.</param>
/// <param name="Text">What follows "-A CHAIN " in the output of iptables-save.</param>
internal readonly record struct ChainLine(ChainId Chain, string Text);
