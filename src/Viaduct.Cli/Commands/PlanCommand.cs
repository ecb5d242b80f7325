using System.CommandLine;
using Viaduct.Cli.Output;
using Viaduct.Cluster.Plans;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct plan</c>: holds the address ranges of a cluster against the rules before anybody builds it.</summary>
internal static class PlanCommand
{
    public const string Name = "plan";

    /// <summary>The exit code when there is nothing to check.</summary>
    public const int Unreadable = 2;

    private const int Invalid = 1;

    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "The plan, YAML; - is standard input" };
        var suggest = new Option<bool>("--suggest") { Description = "Propose a valid plan near this one" };
        var output = CommonOptions.Output();
        var command = new Command(Name, "Check the address ranges of a cluster, and draw them. Ends with 0 when the plan is valid, 1 when it is not, 2 when it cannot be read.") { file, suggest, output };
        command.SetAction(parse => Run(parse.GetValue(file)!, parse.GetValue(suggest), parse.GetValue(output) == "json"));
        return command;
    }

    private static int Run(string file, bool suggest, bool asJson)
    {
        PlanDocument document;
        try
        {
            document = PlanFile.Load(file);
        }
        catch (PlanFileException e)
        {
            CommandRunner.Fail(e.Message);
            return Unreadable;
        }

        var report = PlanReport.Of(document, suggest);
        if (asJson)
            Console.WriteLine(PlanJson.Write(report));
        else
            PlanText.Write(Tables.Console, report);
        return report.IsValid ? CommandRunner.Success : Invalid;
    }
}
