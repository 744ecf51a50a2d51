#!/bin/bash
# One training on several machines under SLURM, gone on with by itself when its time is over or it must give way:
#
#     sbatch examples/slurm.sh addition runs/long --training.epochs 200
#
# Two minutes before the end SLURM sends USR1 to the processes; they save and end with code 75, and the job is put into
# the queue again, where it resumes. Adapt the next lines. On GPUs: one task a GPU, and --gpus-per-node (every task must
# see all GPUs of its machine; it takes the one of its number).
#SBATCH --job-name=seq2seq
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append

task=${1:?give a task and a run: sbatch examples/slurm.sh TASK RUN [OPTION ...]}
run=${2:?give a task and a run: sbatch examples/slurm.sh TASK RUN [OPTION ...]}
shift 2

if [ -f "$run/config.toml" ]; then
    words=(train --resume "$run")
else
    # the threads of one machine, which its processes divide among them
    words=(train "$task" --run "$run" --threads "$((SLURM_CPUS_PER_TASK * SLURM_NTASKS_PER_NODE))" "$@")
fi

MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_PORT=$((20000 + SLURM_JOB_ID % 20000))
export MASTER_ADDR MASTER_PORT

# shellcheck disable=SC2016 (each task expands its own variables)
srun --kill-on-bad-exit=0 bash -c '
    export RANK=$SLURM_PROCID WORLD_SIZE=$SLURM_NTASKS
    export LOCAL_RANK=$SLURM_LOCALID LOCAL_WORLD_SIZE=$SLURM_NTASKS_PER_NODE
    exec seq2seq "$@"' seq2seq "${words[@]}"
code=$?

if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
