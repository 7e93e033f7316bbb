import { Command, CommanderError } from "commander";
import { packageVersion } from "../version.ts";
import { addAgentsCommand } from "./agents.ts";
import { addAnalyseCommand } from "./analyse.ts";
import { addBenchCommand } from "./bench.ts";
import { addCheckCommand } from "./check.ts";
import { addDemoCommand } from "./demo.ts";
import { addDescribeCommand, addEnvsCommand } from "./envs.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addModelsCommand } from "./models.ts";
import { addParityCommand } from "./parity.ts";
import { addRecordCommand } from "./record.ts";
import { addSetupCommand } from "./setup.ts";
import { addCompareCommand } from "./compare.ts";
import { addPlayCommand } from "./play.ts";
import { addRunsCommand } from "./runs.ts";
import { addServeCommand } from "./serve.ts";
import { addTrainCommand } from "./train.ts";

function program(): Command {
  const root = new Command("myoserve")
    .description("Gym-style environment and agent server over WebSocket")
    .version(packageVersion())
    .showHelpAfterError("(add --help for the options)")
    .exitOverride();
  addServeCommand(root);
  addEnvsCommand(root);
  addDescribeCommand(root);
  addCheckCommand(root);
  addModelsCommand(root);
  addSetupCommand(root);
  addParityCommand(root);
  addAgentsCommand(root);
  addRecordCommand(root);
  addAnalyseCommand(root);
  addTrainCommand(root);
  addRunsCommand(root);
  addPlayCommand(root);
  addCompareCommand(root);
  addDoctorCommand(root);
  addBenchCommand(root);
  addDemoCommand(root);
  return root;
}

try {
  await program().parseAsync();
} catch (error) {
  // Commander has printed its own sentence already.
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
