namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>Runs chains rule by rule, with jumps and returns.</summary>
internal sealed class ChainWalk(NftRuleset ruleset, ExpressionEvaluator evaluator)
{
    // NFT_JUMP_STACK_SIZE
    private const int MaxDepth = 16;

    public List<string> Path { get; } = [];

    public IReadOnlyList<NftSetChange> Changes => evaluator.Changes;

    /// <summary>Runs a base chain and all that it leads to.</summary>
    public NftOutcome Run(NftTracedChain baseChain)
    {
        var returns = new Stack<(NftTracedChain Chain, int Rule)>();
        var (chain, rule) = (baseChain, 0);
        while (true)
        {
            if (rule == chain.Rules.Count)
            {
                if (!returns.TryPop(out var caller))
                    return baseChain.Hook?.Policy == NftPolicy.Drop ? NftOutcome.Dropped : NftOutcome.Accepted;
                (chain, rule) = caller;
                continue;
            }

            var step = evaluator.Evaluate(chain.Rules[rule]);
            Note(chain, rule, step);
            switch (step.Verdict.Kind)
            {
                case NftVerdictKind.Accept:
                    return NftOutcome.Accepted;
                case NftVerdictKind.Drop:
                    return step.IsRejected ? NftOutcome.Rejected : NftOutcome.Dropped;
                case NftVerdictKind.Return:
                    rule = chain.Rules.Count;
                    continue;
                case NftVerdictKind.Jump:
                    returns.Push((chain, rule + 1));
                    (chain, rule) = Enter(step.Verdict, returns.Count);
                    continue;
                case NftVerdictKind.Goto:
                    (chain, rule) = Enter(step.Verdict, returns.Count);
                    continue;
            }

            rule++;
        }
    }

    private (NftTracedChain Chain, int Rule) Enter(NftVerdict verdict, int depth)
    {
        if (depth >= MaxDepth)
            throw new InvalidOperationException($"Chain {verdict.Chain} of table {ruleset.Table} is reached by {depth} jumps; the kernel allows {MaxDepth}.");
        return (ruleset.Chains[verdict.Chain!], 0);
    }

    private void Note(NftTracedChain chain, int rule, RuleStep step)
    {
        if (step.Note.Length > 0)
            Path.Add($"{chain.Name}[{rule + 1}]: {step.Note}");
    }
}

/// <summary>What a rule did.</summary>
/// <param name="Verdict">How to go on; continue if the rule did not match or decided nothing.</param>
/// <param name="Note">What it did, for people; empty if nothing.</param>
/// <param name="IsRejected">Whether the sender of a dropped packet is told.</param>
internal sealed record RuleStep(NftVerdict Verdict, string Note = "", bool IsRejected = false);
