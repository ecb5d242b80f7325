using System.CommandLine;
using Spectre.Console;
using Viaduct.Cli.Output;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;

namespace Viaduct.Cli.Commands;

/// <summary><c>viaduct lab</c>: experiments that show how the network works, run in this machine's kernel.</summary>
internal static class LabCommand
{
    public static Command Create() => new("lab", "Experiments that show how the network works, checked against this machine's kernel") { List(), Show(), Run() };

    private static Command List()
    {
        var language = LanguageOption();
        var command = new Command("list", "List the experiments") { language };
        command.SetRunner((parse, _) =>
        {
            var table = Tables.Create("NAME", "TITLE");
            foreach (var experiment in ExperimentCatalog.All)
                table.AddRow(experiment.Name, Markup.Escape(experiment.Title.In(parse.Language(language))));
            Tables.Console.Write(table);
            return Task.FromResult(CommandRunner.Success);
        });
        return command;
    }

    private static Command Show()
    {
        var (name, language) = (NameArgument(), LanguageOption());
        var command = new Command("show", "Say what an experiment is about") { name, language };
        command.SetRunner((parse, _) =>
        {
            var experiment = Require(parse.GetValue(name)!);
            Console.WriteLine($"{experiment.Title.In(parse.Language(language))}\n\n{experiment.Introduction.In(parse.Language(language))}\n\nviaduct lab run {experiment.Name}");
            return Task.FromResult(CommandRunner.Success);
        });
        return command;
    }

    private static Command Run()
    {
        var (name, language) = (NameArgument(), LanguageOption());
        name.Arity = ArgumentArity.ZeroOrOne;
        var all = new Option<bool>("--all") { Description = "All experiments, one after the other" };
        var step = new Option<bool>("--step") { Description = "Wait for Enter after each step" };
        var keep = new Option<bool>("--keep") { Description = "Keep the namespaces afterwards, until Enter or Ctrl-C, and say how to enter them" };
        var pages = new Option<string?>("--pages") { Description = "Write the pages in all languages, and the plot if there is one, below this directory: en/NAME.md, en/NAME.svg" };
        var output = new Option<string>("--output", "-o") { Description = "text, markdown or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "markdown", "json");
        var command = new Command("run", "Run an experiment") { name, all, step, keep, output, pages, language };
        command.SetRunner((parse, cancellation) =>
        {
            var chosen = parse.GetValue(all) ? ExperimentCatalog.All
                : parse.GetValue(name) is { } one ? [Require(one)]
                : throw new ExperimentFailedException("Which experiment? Give a name that viaduct lab list prints, or --all.");
            PagesDirectory.Make(parse.GetValue(pages));
            var report = new LabReport(parse.GetValue(output)!, parse.Language(language), parse.GetValue(step), parse.GetValue(keep), parse.GetValue(pages));
            if (!OwnNamespaces.Exist)
                OwnNamespaces.Enter();
            return report.RunAsync(chosen, cancellation);
        });
        return command;
    }

    private static Argument<string> NameArgument()
    {
        var argument = new Argument<string>("experiment") { Description = "An experiment's name, as viaduct lab list prints it" };
        argument.CompletionSources.Add(_ => ExperimentCatalog.All.Select(e => e.Name));
        return argument;
    }

    private static Option<string> LanguageOption()
    {
        var option = new Option<string>("--language") { Description = "en or zh", DefaultValueFactory = _ => "en" };
        option.AcceptOnlyFromAmong("en", "zh");
        return option;
    }

    private static Language Language(this ParseResult parse, Option<string> option) =>
        parse.GetValue(option) == "zh" ? Lab.Engine.Language.Chinese : Lab.Engine.Language.English;

    private static Experiment Require(string name) => ExperimentCatalog.Find(name) ?? throw new ExperimentFailedException(
        $"There is no experiment \"{name}\"; {(ExperimentCatalog.Nearest(name) is { } near ? $"did you mean {near}?" : "viaduct lab list prints all.")}");
}
